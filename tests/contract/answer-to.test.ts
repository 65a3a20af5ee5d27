/** A program that asked is called with the signed answer, over real HTTP; what the configuration does not list is never called. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { verifyAnswer } from "../../src/grant.ts";
import { until } from "../support/hub-process.ts";
import { type InProcessHub, PIN, startInProcess } from "../support/in-process-hub.ts";

let server: Server;
let base: string;
let inside: InProcessHub;
let program: ReturnType<typeof createClient>;
const heard: { path: string; body: string; type: string | undefined }[] = [];
let statuses: number[] = [];
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    heard.push({ path: request.url ?? "", body: Buffer.concat(chunks).toString(), type: request.headers["content-type"] });
    response.writeHead(statuses.shift() ?? 204, { location: "/elsewhere" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  inside = await startInProcess(`approvals: { answer_urls: ["${base}/hooks"] }\n`);
  const { token } = await inside.client.tokens.create({ name: "ci", scopes: ["ask"] });
  program = createClient({ where: () => ({ url: inside.url, token }) });
});
afterAll(async () => {
  await inside.end();
  server.close();
});
beforeEach(() => void heard.splice(0));

const ask = (command: string, path: string) =>
  program.approvals.ask({ title: command, action: { command }, tool: "execute", answer_to: `${base}${path}` } as never);

async function answers() {
  const keys = (await (await fetch(`${inside.url}/.well-known/jwks.json`)).json()) as never;
  return Promise.all(heard.map(({ body }) => verifyAnswer(body, { keys, issuer: "mos-hub:local" })));
}

test("the answer is posted, signed, again when it was not taken, and a redirect is not followed", async () => {
  statuses = [500, 302];
  const { code, id } = await ask("release", "/hooks/release?job=7");
  await inside.client.approvals.decide(code, { verdict: "deny", reason: "not today", pin: PIN });
  await until("it was taken at the third try", () => heard.length === 3);
  expect(heard.map(({ path, type }) => [path, type])).toEqual([1, 2, 3].map(() => ["/hooks/release?job=7", "application/jwt"]));
  for (const answer of await answers()) expect(answer).toMatchObject({ approval_id: id, code, state: "denied", reason: "not today" });
});

test("what joins a request that waits is called, too, and what nobody has to be asked about at once", async () => {
  const first = await ask("join", "/hooks/one");
  const second = await ask("join", "/hooks/two");
  expect(second.code).toBe(first.code);
  await inside.client.approvals.decide(first.code, { verdict: "approve", pin: PIN });
  await until("both were called", () => heard.length === 2);
  expect(heard.map(({ path }) => path).sort()).toEqual(["/hooks/one", "/hooks/two"]);
  expect((await answers()).map(({ state }) => state)).toEqual(["approved", "approved"]);
  const looking = { title: "look", action: { path: "README" }, tool: "read", answer_to: `${base}/hooks/read` } as never;
  await program.approvals.ask(looking);
  await until("it was called", () => heard.some(({ path }) => path === "/hooks/read"));
});

test("what is not listed is refused, and nothing is asked", async () => {
  const before = (await inside.client.approvals.list()).approvals.length;
  await expect(ask("leak", "/admin")).rejects.toMatchObject({ code: "not_allowed" });
  await expect(
    program.approvals.ask({ title: "leak", action: {}, answer_to: "http://169.254.169.254/latest" } as never),
  ).rejects.toMatchObject({ code: "not_allowed" });
  expect((await inside.client.approvals.list()).approvals).toHaveLength(before);
});
