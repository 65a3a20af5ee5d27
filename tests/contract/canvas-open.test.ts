/** Opening a canvas, over HTTP: what opens it, as whom, and what is said where it stays shut. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CanvasShare } from "../../src/contract/canvas.ts";
import { createConsoleCalls } from "../../src/cli/chat/console-calls.ts";
import { cookieIn, secretIn, startDeciding } from "../support/canvas-deciding.ts";
import { until } from "../support/hub-process.ts";
import { startInProcess } from "../support/in-process-hub.ts";

const ORDER: CanvasShare = {
  title: "Order",
  content: {
    table: {
      columns: ["Coffee", "Price", "Note"],
      rows: [
        ["Espresso", 2.2, "hot"],
        ["Iced", null, 3],
      ],
    },
    form: { fields: [{ name: "cups", label: "Cups", kind: "number", required: true }], buttons: ["Send"] },
  },
};

let stage: Awaited<ReturnType<typeof startDeciding>>;
beforeAll(async () => {
  stage = await startDeciding();
});
afterAll(() => stage?.end());

interface Opened {
  /** What the browser sends from now on. */
  readonly cookie: string;
  /** It was given a new one. */
  readonly isNew: boolean;
}

async function opened(id: unknown, link: string, cookie = ""): Promise<Opened> {
  const answer = await stage.post(`/canvas/${String(id)}/open`, { cookie }, { link });
  expect(answer.status).toBe(204);
  const given = cookieIn(answer);
  const kept = cookie.split("; ").filter((pair) => pair !== "" && (given === "" || !pair.startsWith("mos_canvas=")));
  return { cookie: [...kept, given].filter(Boolean).join("; "), isNew: given !== "" };
}

async function viewed(id: unknown, cookie: string): Promise<string> {
  return (await fetch(`${stage.url}/canvas/${String(id)}/view`, { headers: { cookie } })).text();
}

/** Whom the record says it was opened by. */
async function openers(id: unknown): Promise<unknown[]> {
  return (await stage.audit(String(id))).filter(({ what }) => what === "canvas.opened").map(({ facts }) => facts["person"]);
}

describe("what stays shut says why, in words for whoever was sent the link", () => {
  const wrong = "x".repeat(43);
  test.each([
    {
      what: "an address of nothing",
      make: async () => "cnv_nothing",
      link: wrong,
      codes: [404, 404],
      title: "There is no canvas at this address.",
    },
    { what: "one that was revoked", make: revoked, link: wrong, codes: [410, 410], title: "This canvas has ended: it was revoked." },
    { what: "one that is over", make: expired, link: wrong, codes: [410, 410], title: "This canvas has ended: its time is over." },
    {
      what: "an open one without its secret",
      make: shown,
      link: "",
      codes: [401, 200],
      title: "This canvas opens only by its whole link.",
    },
    {
      what: "one with another secret",
      make: shown,
      link: wrong,
      codes: [401, 200],
      title: "This link to the canvas is not valid, or no longer.",
    },
  ])("$what", async ({ make, link, codes: [status, page], title }) => {
    const id = await make();
    const answer = await stage.post(`/canvas/${id}/open`, {}, { link });
    const problem = (await answer.json()) as { title: string; detail: string };
    expect([answer.status, problem.title]).toEqual([status, title]);
    expect(problem.detail).toContain("in the conversation");
    expect(problem.detail).not.toContain("mos-hub");
    expect((await fetch(`${stage.url}/canvas/${id}`)).status).toBe(page);
  });

  test("also in a window that was open, for what it sends and reads", async () => {
    const { id, url } = await stage.show(ORDER);
    const { cookie } = await opened(id, secretIn(String(url)), await stage.cookieOf("Anna"));
    await stage.client.canvases.revoke(String(id));
    const sent = { id: crypto.randomUUID(), revision: 1, button: "Send", values: { cups: "1" } };
    const answer = await stage.post(`/canvas/${String(id)}/submit`, { cookie }, sent);
    expect([answer.status, ((await answer.json()) as { title: string }).title]).toEqual([410, expect.stringContaining("has ended")]);
    expect(await viewed(id, cookie)).toContain("has ended");
  });

  test("who tries one address again and again keeps nobody from another", async () => {
    const { id, url } = await stage.show(ORDER);
    const tries = (): Promise<Response[]> =>
      Promise.all(Array.from({ length: 100 }, () => stage.post("/canvas/cnv_nothing/open", {}, { link: wrong })));
    let statuses: number[] = [];
    while (!statuses.includes(429)) statuses = (await tries()).map(({ status }) => status);
    expect((await opened(id, secretIn(String(url)))).isNew).toBe(true);
  });

  async function shown(): Promise<string> {
    return String((await stage.show(ORDER))["id"]);
  }
  async function revoked(): Promise<string> {
    const id = await shown();
    await stage.client.canvases.revoke(id);
    return id;
  }
  async function expired(): Promise<string> {
    const { id } = await stage.show({ ...ORDER, expires_in_ms: 1 });
    return String(id);
  }
});

test("the head of a column of numbers stands as its numbers do", async () => {
  const { id, url } = await stage.show(ORDER);
  const { cookie } = await opened(id, secretIn(String(url)));
  const heads = (await viewed(id, cookie)).match(/<th [^>]*>[^<]*/g);
  expect(heads).toEqual(['<th scope="col" >Coffee', '<th scope="col" class="number">Price', '<th scope="col" >Note']);
});

describe("as whom", () => {
  test("whoever is signed in opens the chat's link as themselves, and the record says so", async () => {
    const { id, url } = await stage.show(ORDER);
    const { cookie } = await opened(id, secretIn(String(url)), await stage.cookieOf("Anna"));
    expect(await viewed(id, cookie)).toContain("as words of <strong>Anna</strong>");
    expect(await openers(id)).toEqual([expect.stringMatching(/^per_/)]);
  });

  test("a browser that looked as nobody becomes somebody once it is signed in, and is on record once", async () => {
    const { id, url } = await stage.show(ORDER);
    const nobody = await opened(id, secretIn(String(url)));
    expect(await viewed(id, nobody.cookie)).toContain("open a link of your own");
    const anna = await opened(id, "", `${nobody.cookie}; ${await stage.cookieOf("Anna")}`);
    expect(await viewed(id, anna.cookie)).toContain("as words of <strong>Anna</strong>");
    expect((await opened(id, "", anna.cookie)).isNew).toBe(false);
    // The latest comes first.
    expect(await openers(id)).toEqual([expect.stringMatching(/^per_/), null]);
  });

  test("how often it was opened is listed, also once it has ended", async () => {
    const { id, url } = await stage.show(ORDER);
    await opened(id, secretIn(String(url)));
    await opened(id, "", await stage.cookieOf("Anna"));
    const listed = async () => (await stage.client.canvases.list()).canvases.find((one) => one.id === id);
    expect(await listed()).toMatchObject({ state: "open", opened: 2 });
    await stage.client.canvases.revoke(String(id));
    expect(await listed()).toMatchObject({ state: "revoked", opened: 2 });
  });

  test("who is signed in counts before a link that was given to somebody else", async () => {
    const canvas = await stage.show(ORDER);
    const byLink = await stage.byOwnLink(canvas);
    expect(await viewed(canvas["id"], byLink["cookie"] ?? "")).toContain("as words of <strong>Anna</strong>");
    const vi = await opened(canvas["id"], "", `${byLink["cookie"]}; ${await stage.cookieOf("Vi")}`);
    expect(vi.isNew).toBe(true);
    expect(await viewed(canvas["id"], vi.cookie)).not.toContain("Anna");
  });

  test("the chat's link takes nobody's name from a browser that has one", async () => {
    const canvas = await stage.show(ORDER);
    const byLink = await stage.byOwnLink(canvas);
    const again = await opened(canvas["id"], secretIn(String(canvas["url"])), byLink["cookie"]);
    expect(again.isNew).toBe(false);
  });
});

describe("what was opened by being signed in ends with that", () => {
  const form = () => ({ id: crypto.randomUUID(), revision: 1, button: "Send", values: { cups: "1" } });
  const send = async (id: unknown, cookie: string) => (await stage.post(`/canvas/${String(id)}/submit`, { cookie }, form())).status;
  const signOut = (cookie: string) => stage.post("/sign-out", { cookie }, {});
  const revokeAll = async () => {
    for (const { id, kind } of (await stage.client.tokens.list()).tokens) if (kind === "browser") await stage.client.tokens.revoke(id);
  };

  test.each([
    ["by signing out", signOut],
    ["by revoking the browser", revokeAll],
  ])("%s: what is open is emptied, nothing is sent, and the chat's link lets them look as nobody", async (_how, end) => {
    const { id, url } = await stage.show(ORDER);
    const { cookie } = await opened(id, "", await stage.cookieOf("Anna"));
    const events = await fetch(`${stage.url}/canvas/${String(id)}/events`, { headers: { cookie } });
    await end(cookie);
    // Its end comes by itself, or the test is never over.
    expect(await events.text()).toContain("event: ended");
    expect(await send(id, cookie)).toBe(401);
    expect(await viewed(id, cookie)).toContain("opens only by its whole link");
    const nobody = await opened(id, secretIn(String(url)), cookie);
    expect(await viewed(id, nobody.cookie)).toContain("open a link of your own");
  });

  test("also where a link of one's own had opened it before", async () => {
    const canvas = await stage.show(ORDER);
    const byLink = (await stage.byOwnLink(canvas))["cookie"] ?? "";
    const { cookie } = await opened(canvas["id"], "", `${byLink}; ${await stage.cookieOf("Anna")}`);
    await signOut(cookie);
    expect(await send(canvas["id"], cookie)).toBe(401);
  });

  test("a link of one's own that another browser opened is none of it", async () => {
    const canvas = await stage.show(ORDER);
    const byLink = (await stage.byOwnLink(canvas))["cookie"] ?? "";
    const { cookie } = await opened(canvas["id"], "", await stage.cookieOf("Anna"));
    await signOut(cookie);
    expect(await send(canvas["id"], byLink)).toBe(204);
  });
});

describe("a link of one's own, asked for in a thread of the console", () => {
  test("is for who asked: nobody else who is signed in, nor the terminal, is ever shown it", async () => {
    const canvas = await stage.show(ORDER);
    const [anna, vi] = [await stage.cookieOf("Anna"), await stage.cookieOf("Vi")];
    const thread = crypto.randomUUID();
    const feed = (headers: Record<string, string>) => fetch(`${stage.url}/connectors/console/feed?after=0&thread=${thread}`, { headers });
    await stage.post(
      "/connectors/console/messages",
      { cookie: anna },
      {
        text: `!canvas ${String(canvas["code"])}`,
        thread,
        clientId: crypto.randomUUID(),
      },
    );
    const hers = await readUntil(await feed({ cookie: anna }), '"type":"turn_end"');
    expect(secretIn(hers)).not.toBe("");
    const history = await stage.seen(thread, { cookie: anna });
    expect(secretIn(JSON.stringify(history))).toBe(secretIn(hers));
    expect(history).toMatchObject({ messages: [{ from: "person" }, { from: "hub", to: expect.stringMatching(/^per_/) as string }] });
    // As a page, which has the link whole or not at all.
    const page = (cookie: string) => fetch(`${stage.url}/connectors/console/t/${thread}`, { headers: { cookie, accept: "text/html" } });
    expect(secretIn(await (await page(anna)).text())).toBe(secretIn(hers));

    const others = [
      await readUntil(await feed({ cookie: vi }), '"type":"turn_end"'),
      JSON.stringify(await stage.seen(thread, { cookie: vi })),
      await (await page(vi)).text(),
      JSON.stringify(await stage.calls.page(thread, 50)),
    ];
    for (const text of others) {
      expect(text).toContain("!canvas");
      expect(secretIn(text)).toBe("");
    }
  });

  async function readUntil(answer: Response, words: string): Promise<string> {
    const [utf8, reader] = [new TextDecoder(), answer.body?.getReader()];
    let text = "";
    while (reader && !text.includes(words)) {
      const { value, done } = await reader.read();
      if (done) break;
      text += utf8.decode(value, { stream: true });
    }
    await reader?.cancel();
    return text;
  }
});

test("without a public address `!canvas CODE` in the terminal gives a link that opens on this machine", async () => {
  const hub = await startInProcess("", { REHEARSAL_PACE_MS: "0" });
  try {
    const calls = createConsoleCalls(hub.client, "/connectors/console");
    const say = (text: string) => calls.post({ text, clientId: crypto.randomUUID() });
    const thread = async (): Promise<string> => JSON.stringify(await calls.page("main", 50));
    await say(`show ${JSON.stringify(ORDER)}`);
    await until("the card is there", async () => (await thread()).includes('"type":"canvas"'), 60_000);
    await say(`!canvas ${/"code":"([^"]+)"/.exec(await thread())?.[1] ?? ""}`);
    await until("the link is there", async () => secretIn(await thread()) !== "");
    const link = /http:\/\/[^"\s]*\/canvas\/cnv_[^"\s]*/.exec(await thread())?.[0] ?? "";
    expect(link).toMatch(`${hub.url}/canvas/`);
    const headers = { "content-type": "application/json", origin: hub.url };
    const [page, secret] = link.split("#");
    const answer = await fetch(`${page}/open`, { method: "POST", headers, body: JSON.stringify({ link: secret }) });
    const view = await fetch(`${page}/view`, { headers: { cookie: cookieIn(answer) } });
    expect(await view.text()).toContain("It goes to the conversation as words of");
  } finally {
    await hub.end();
  }
});
