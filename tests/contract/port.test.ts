/** The hub's port under attack, and signing in and out: what a browser can be tricked into, what is stolen, what is too large or too slow. */
import { connect } from "node:net";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createClient, HubAnswerError } from "../../src/client.ts";
import { runFile } from "../../src/cli/hub-client.ts";
import { type InProcessHub, PIN, startInProcess } from "../support/in-process-hub.ts";

const anyAnswer = z.unknown();

const OPERATORS = `
operators:
  - { name: Anna, roles: [operator, approver] }
  - { name: Vi, roles: [viewer] }
`;

let inside: InProcessHub;
let localToken: string;

beforeAll(async () => {
  inside = await startInProcess(OPERATORS);
  localToken = runFile.parse(JSON.parse(await readFile(join(inside.dataDir, "run.json"), "utf8"))).token;
});
afterAll(() => inside.end());

/** With headers a browser would set, which fetch does not let one choose. */
function raw(
  path: string,
  { method = "GET", headers = {}, body = "" }: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; text: string }>((resolve, reject) => {
    const sent = httpRequest(`${inside.url}${path}`, { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const own = (): Record<string, string> => ({ ...FORM, origin: inside.url, "sec-fetch-site": "same-origin" });

async function signIn(person?: string): Promise<{ cookie: string; link: string }> {
  const { url } = await inside.client.people.signInLink(person === undefined ? { pin: PIN } : { person, pin: PIN });
  const link = new URL(url).searchParams.get("link") ?? "";
  const answer = await raw("/sign-in", { method: "POST", headers: own(), body: `link=${link}` });
  expect(answer.status).toBe(303);
  return { cookie: String(answer.headers["set-cookie"]).split(";")[0] ?? "", link };
}

describe("signing in", () => {
  test("opening a link changes nothing; pressing the button uses it up; the cookie is out of a script's reach", async () => {
    const { url } = await inside.client.people.signInLink({ pin: PIN });
    const path = url.slice(inside.url.length);
    for (let time = 0; time < 3; time += 1) expect((await raw(path)).status).toBe(200);
    const body = `link=${new URL(url).searchParams.get("link")}`;
    const [first, second] = await Promise.all([0, 1].map(() => raw("/sign-in", { method: "POST", headers: own(), body })));
    expect([first?.status, second?.status].toSorted()).toEqual([303, 403]);
    const cookie = String((first?.status === 303 ? first : second)?.headers["set-cookie"]);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    const used = await raw(path);
    expect(used.status).toBe(403);
    expect(used.text).toContain("not valid");
    expect(used.text).toContain("mos-hub open");
    expect(used.text).not.toContain("<form");
  });

  test("a link asked for without a PIN asks for it; a wrong one is counted and the link stays", async () => {
    const { url, asksPin } = await inside.client.people.signInLink();
    expect(asksPin).toBe(true);
    const link = new URL(url).searchParams.get("link");
    const post = (pin: string) => raw("/sign-in", { method: "POST", headers: own(), body: `link=${link}&pin=${pin}` });
    const wrong = await post("000000");
    expect(wrong.status).toBe(403);
    expect(wrong.text).toContain("tries left");
    expect(wrong.headers["set-cookie"]).toBeUndefined();
    expect((await post(PIN)).status).toBe(303);
  });

  test("a link that was never made gets a page that says so and nothing else", async () => {
    const answer = await raw("/sign-in?link=%3Cscript%3Ealert(1)%3C/script%3E");
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain("alert(1)");
  });

  test("a link for somebody else needs the PIN, and speaks for them alone", async () => {
    await expect(inside.client.people.signInLink({ person: "Anna" })).rejects.toMatchObject({ status: 403 });
    const { cookie } = await signIn("Anna");
    expect((await raw("/v1/people", { headers: { cookie } })).status).toBe(200);
    const made = await raw("/v1/tokens", {
      method: "POST",
      headers: { cookie, origin: inside.url, "content-type": "application/json" },
      body: "{}",
    });
    expect(made.status).toBe(403);
  });

  test("a viewer may look and not speak", async () => {
    const { cookie } = await signIn("Vi");
    expect((await raw("/v1/usage", { headers: { cookie } })).status).toBe(200);
    const headers = { cookie, origin: inside.url, "content-type": "application/json" };
    expect((await raw("/connectors/console/messages", { method: "POST", headers, body: "{}" })).status).toBe(403);
  });

  test("a cookie opens no agent's door", async () => {
    const { cookie } = await signIn();
    const headers = { cookie, origin: inside.url, "content-type": "application/json", accept: "application/json, text/event-stream" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect((await raw("/mcp", { method: "POST", headers, body })).status).toBe(401);
    expect((await raw("/mcp", { headers })).status).toBe(401);
  });

  test("a cookie is worth nothing after its owner signed out, and the stream it had opened ends", async () => {
    const { cookie } = await signIn();
    const stream = await fetch(`${inside.url}/connectors/console/feed`, { headers: { cookie } });
    expect(stream.status).toBe(200);
    const ended = (async () => {
      for await (const piece of stream.body ?? []) void piece;
    })();
    expect((await raw("/sign-out", { method: "POST", headers: { ...own(), cookie } })).status).toBe(303);
    await ended.catch(() => {});
    expect((await raw("/v1/people", { headers: { cookie } })).status).toBe(401);
  });
});

test("alive, started and ready are told apart, to anybody and without details", async () => {
  expect(JSON.parse((await raw("/healthz")).text)).toEqual({ alive: true });
  const { status, text } = await raw("/readyz");
  expect([status, JSON.parse(text)]).toEqual([200, { ready: true, started: true, reasons: [] }]);
});

describe("cross-site", () => {
  test("a post with the cookie from another site, from nowhere, or without an origin is refused", async () => {
    const { cookie } = await signIn();
    const post = (headers: Record<string, string>) =>
      raw("/v1/messages", { method: "POST", headers: { cookie, "content-type": "application/json", ...headers }, body: '{"text":"hi"}' });
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      {},
      { origin: "http://localhost:1" },
      { origin: inside.url, "sec-fetch-site": "cross-site" },
    ] as Record<string, string>[])
      expect((await post(headers)).status, JSON.stringify(headers)).toBe(403);
    expect((await post({ origin: inside.url })).status).toBe(202);
    expect((await raw("/sign-out", { method: "POST", headers: { cookie, ...FORM, origin: "https://evil.example" } })).status).toBe(403);
  });

  test("a forged Host is refused on every path", async () => {
    for (const path of ["/", "/healthz", "/v1/health", "/sign-in", "/openapi.json", "/connectors/console/feed", "/mcp"])
      expect((await raw(path, { headers: { host: "evil.example" } })).status, path).toBe(403);
  });

  test("no page of the hub may be framed, and none runs a script from elsewhere", async () => {
    const { headers } = await raw("/sign-in");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["content-security-policy"]).toContain("script-src 'self';");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("same-origin");
  });
});

describe("tokens", () => {
  test("carry their scopes and no more, and are void at once when revoked", async () => {
    const { id, token } = await inside.client.tokens.create({ name: "ci", scopes: ["deploys"] });
    const ci = createClient({ where: () => ({ url: inside.url, token }) });
    await ci.deploys.report({ app: "shop", state: "live" });
    await expect(ci.messages.send({ text: "x" })).rejects.toMatchObject({ status: 403 });
    await expect(ci.tokens.list()).rejects.toBeInstanceOf(HubAnswerError);
    const listed = await inside.client.tokens.list();
    expect(listed.tokens.find((one) => one.id === id)).toMatchObject({ kind: "token", name: "ci", scopes: ["deploys"] });
    expect(JSON.stringify(listed)).not.toContain(token);
    await inside.client.tokens.revoke(id.slice(0, 12));
    await expect(ci.deploys.list()).rejects.toMatchObject({ status: 401 });
  });

  test("never have more than their person's roles give", async () => {
    const { token } = await inside.client.tokens.create({ name: "vi's", scopes: ["read", "chat", "deploys", "admin"], person: "Vi" });
    const vi = createClient({ where: () => ({ url: inside.url, token }) });
    await vi.health();
    await expect(vi.messages.send({ text: "x" })).rejects.toMatchObject({ status: 403 });
  });

  test("are stored as hashes only", async () => {
    const { token } = await inside.client.tokens.create({ name: "secret", scopes: ["read"] });
    for (const file of ["hub.db", "hub.db-wal"]) {
      const bytes = await readFile(join(inside.dataDir, file)).catch(() => Buffer.alloc(0));
      expect(bytes.includes(token), file).toBe(false);
    }
  });

  test("have a budget, and are told when there is more", async () => {
    const { token } = await inside.client.tokens.create({ name: "loop", scopes: ["read"] });
    const answers = await Promise.all(
      Array.from({ length: 800 }, () => fetch(`${inside.url}/v1/usage`, { headers: { authorization: `Bearer ${token}` } })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await inside.client.health()).ready).toBe(true);
  });
});

describe("size and time", () => {
  test("a body that is too large is refused before it is read to its end", async () => {
    const answer = await raw("/v1/messages", {
      method: "POST",
      headers: { authorization: `Bearer ${localToken}`, "content-type": "application/json" },
      body: JSON.stringify({ text: "x".repeat(2 * 1024 * 1024) }),
    });
    expect(answer.status).toBe(413);
    expect(answer.text).toContain("at most");
  });

  test("connections that never finish their request do not keep others out, and are ended", async () => {
    const { port } = new URL(inside.url);
    const lingering = Array.from({ length: 200 }, () => {
      const socket = connect(Number(port), "127.0.0.1", () => socket.write("POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "));
      socket.on("error", () => {}).resume();
      return socket;
    });
    const closed = new Promise((resolve) => lingering[0]?.once("close", resolve));
    await pause(200);
    const began = performance.now();
    expect((await inside.client.health()).ready).toBe(true);
    expect(performance.now() - began).toBeLessThan(5000);
    await closed;
    for (const socket of lingering) socket.destroy();
  });

  test("bytes that are no HTTP get 400 and nothing more", async () => {
    const { port } = new URL(inside.url);
    const said = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(Number(port), "127.0.0.1", () => socket.write("\u0016\u0003\u0001 hello\r\n\r\n"));
      socket.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      socket.on("close", () => resolve(text));
    });
    expect(said).toMatch(/^HTTP\/1\.1 400/);
  });
});

describe("the inbox", () => {
  test("gives what was said until it is acknowledged, in order, again after a break", async () => {
    for (const text of ["one", "two", "three"])
      await inside.client.request("/connectors/console/messages", {
        method: "POST",
        body: { text, clientId: `inbox-${text}` },
        answer: anyAnswer,
      });
    const read = async (count: number, consumer: string): Promise<{ seq: number; text: string }[]> => {
      const stop = new AbortController();
      const found: { seq: number; text: string }[] = [];
      for await (const { seq, text } of inside.client.inbox.read({ consumer, signal: stop.signal })) {
        found.push({ seq, text });
        if (found.length === count) break;
      }
      stop.abort();
      return found;
    };
    const first = await read(3, "a");
    expect(first.map(({ text }) => text)).toEqual(["one", "two", "three"]);
    expect(await read(3, "a")).toEqual(first);
    await inside.client.inbox.ack(first[1]?.seq ?? 0, "a");
    expect((await read(1, "a")).map(({ text }) => text)).toEqual(["three"]);
    expect((await read(3, "b")).map(({ text }) => text)).toEqual(["one", "two", "three"]);
    await expect(inside.client.inbox.ack(1_000_000, "a")).rejects.toMatchObject({ status: 404 });
  });
});

test("the numbers for Prometheus need a token and count the journal's rows", async () => {
  expect((await raw("/metrics")).status).toBe(401);
  const { text } = await raw("/metrics", { headers: { authorization: `Bearer ${localToken}` } });
  expect(text).toMatch(/mos_hub_rows\{table="outbox",state="sent"\} \d+/);
  expect(text).toContain('mos_hub_connector_up{account="console",kind="console"} 1');
});
