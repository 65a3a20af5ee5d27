/** The console's page as it is served: who gets it, what is on it, and the forms that work without script. */
import { Keyv } from "keyv";
import { describe, expect, it } from "vitest";
import type { Caller, Connector } from "../../../src/contract/connector.ts";
import type { ApprovalCard, Card, ConnectorEvent, InboundMessage } from "../../../src/contract/message.ts";
import { call, createConsole, post } from "../../support/harnesses/console.ts";
import { conversationOf, HTML, readPage, submit } from "../../support/page-reader.ts";
import { SAMPLE_CARDS } from "../../support/page-stage.ts";

const NOBODY: Caller = { type: "nobody" };
const BOB: Caller = { type: "person", personId: "per_bob", name: "Bob", assurance: "platform" };

/** A console whose hub takes everything, with what it was given. */
function createTaking(state = new Keyv()): { connector: Connector; messages: InboundMessage[]; events: ConnectorEvent[] } {
  const connector = createConsole(state);
  const messages: InboundMessage[] = [];
  const events: ConnectorEvent[] = [];
  connector.subscribe(async (message) => {
    messages.push(message);
    return { type: "accepted", trace: `trc_${messages.length}` };
  });
  connector.onEvent?.(async (event) => {
    events.push(event);
    return { type: "privateText", text: "K7QF is approved.", trace: "t" };
  });
  return { connector, messages, events };
}

const cardOf = (word: string, at = 0): Card => {
  const card = SAMPLE_CARDS[word]?.("c1")[at];
  if (card === undefined) throw new Error(`there is no card ${word}`);
  return card;
};

async function shows(card: Card): Promise<string> {
  const connector = createConsole(new Keyv());
  await connector.send({ text: "in words", card });
  return conversationOf(await readPage(connector));
}

describe("who gets it", () => {
  const connector = createConsole(new Keyv());

  it.each(["", "t", "t/main", "live", "messages"])("nobody who asks for %s as a page is sent to sign in", async (path) => {
    const response = await call(connector, path, HTML, NOBODY);
    expect([response.status, response.headers.get("location")]).toEqual([303, "/sign-in"]);
  });

  it.each([
    ["a program", {}],
    ["a form", { method: "POST", body: new URLSearchParams({ text: "x" }), ...HTML }],
  ])("%s of nobody gets 401", async (_what, init) => {
    const response = await call(connector, "say", init, NOBODY);
    expect([response.status, response.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  });

  it.each([
    ["a thread there is not", "t/nowhere", 404],
    ["an unreadable name", "t/%zz", 400],
    ["a file there is not", "page/x/..%2Froutes.ts", 404],
    ["too deep a path", "t/main/x/y", 404],
    ["a page of no number", "t/main?before=x", 400],
  ])("%s is a page that says so", async (_what, path, status) => {
    const response = await call(connector, path, HTML);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain("This does not work");
  });
});

describe("style and scripts", () => {
  it("are kept for good under the address the page names, together at most 60 kB of script", async () => {
    const connector = createConsole(new Keyv());
    const page = await readPage(connector);
    const paths = [...new Set([...page.matchAll(/(?:href|src)="\/connectors\/console\/(page\/[^"]+)"/g)].map((match) => match[1] ?? ""))];
    expect(paths.length).toBeGreaterThan(8);
    let scriptBytes = 0;
    for (const path of paths) {
      const response = await call(connector, path);
      expect([path, response.status, response.headers.get("cache-control")]).toEqual([path, 200, "private, max-age=31536000, immutable"]);
      const text = await response.text();
      if (!path.endsWith(".js")) continue;
      scriptBytes += Buffer.byteLength(text);
      for (const [, name] of text.matchAll(/from "\.\/([^"]+)"/g)) expect(paths.some((known) => known.endsWith(`/${name}`))).toBe(true);
    }
    expect(scriptBytes).toBeLessThan(60_000);
  });

  it("are asked for again under another address, and not sent twice", async () => {
    const connector = createConsole(new Keyv());
    const response = await call(connector, "page/old/page.css");
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
    const again = await call(connector, "page/old/page.css", { headers: { "if-none-match": response.headers.get("etag") ?? "" } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });
});

describe("the conversation", () => {
  it("says who wrote what, and whispers only to whom they are meant", async () => {
    const { connector } = createTaking();
    await post(connector, "messages", { text: "mine", clientId: "c" });
    await post(connector, "messages", { text: "Bob's", clientId: "c" }, BOB);
    await post(connector, "messages", { text: "typed", clientId: "c" }, { type: "token" });
    await connector.send({ text: "an **answer**" });
    await connector.can?.whisper?.({ chatId: "console" }, "per_bob", "for Bob");
    const mine = conversationOf(await readPage(connector));
    expect(mine.match(/<h2 class="aloud">[^<]*/g)?.map((heading) => heading.slice(18))).toEqual(["You", "Bob", "Terminal", "Answer"]);
    expect(mine).toContain("an <strong>answer</strong>");
    const bobs = conversationOf(await readPage(connector, "", BOB));
    expect(bobs).toContain("Only you see this");
    expect(bobs).toContain("for Bob");
  });

  it("says to whom it is meant for above others, to them alone", async () => {
    const { connector } = createTaking();
    await connector.send({ text: "Followed by @Bob.", mentions: [{ id: "per_bob", name: "Bob" }] });
    const bobs = conversationOf(await readPage(connector, "", BOB));
    expect([bobs.includes("Answer for you"), bobs.includes(">For you<"), bobs.includes("Followed by @Bob.")]).toEqual([true, true, true]);
    expect(conversationOf(await readPage(connector))).not.toContain("or you<");
  });

  it("shows fifty messages, and leads to those before without a gap", async () => {
    const connector = createConsole(new Keyv());
    for (let n = 1; n <= 120; n += 1) await connector.send({ text: `number ${n}` });
    const seen: string[] = [];
    let path: string | undefined = "";
    while (path !== undefined) {
      const page: string = await readPage(connector, path);
      seen.unshift(...[...page.matchAll(/<p>(number \d+)<\/p>/g)].map((match) => match[1] ?? ""));
      path = /id="earlier" href="\/connectors\/console\/([^"]+)"/.exec(page)?.[1];
    }
    expect(seen).toEqual(Array.from({ length: 120 }, (_, at) => `number ${at + 1}`));
  });

  it("reads no more of a long thread than it shows", async () => {
    const state = new Keyv();
    const connector = createConsole(state);
    for (let n = 1; n <= 1000; n += 1) await connector.send({ text: `number ${n}` });
    let reads = 0;
    const get = state.get.bind(state);
    const counting = Object.assign(state, { get: (key: string) => ((reads += 1), get(key)) });
    expect(counting).toBe(state);
    await readPage(connector);
    expect(reads).toBeLessThan(50 * 3 + 20);
  });

  it("offers files that the console has, and names those it has not", async () => {
    const connector = createConsole(new Keyv());
    await connector.send({ text: "x", attachments: [{ name: "menu.pdf", mimeType: "application/pdf", sizeBytes: 1_230_000, path: "/x" }] });
    const page = conversationOf(await readPage(connector));
    expect(page).toContain("menu.pdf");
    expect(page).toContain("application/pdf · 1.2 MB");
  });
});

describe("cards", () => {
  const approval = cardOf("approve") as ApprovalCard;

  it("an approval that waits has its exact action, its code and a form that Enter does not press", async () => {
    const page = await shows(approval);
    for (const part of ["git push origin release/2.4", "approve K7QF", "Approve</button>", "Deny</button>", "yellow external", "expires"])
      expect(page).toContain(part);
    expect(page.indexOf("<button disabled")).toBeGreaterThan(0);
    expect(page.indexOf("<button disabled")).toBeLessThan(page.indexOf('value="approve"'));
  });

  it("says how the votes stand and what it is about, and has a field for the code where that is typed", async () => {
    const votes = { approving: ["Ada"], denying: ["Bob"], needed: 2 };
    const page = await shows({ ...approval, votes, app: "shop", environment: "production", stepUp: true });
    for (const part of ["1 of 2: Ada, against it: Bob.", "On shop, production.", 'name="value.code"']) expect(page).toContain(part);
    expect(await shows(approval)).not.toContain("value.code");
  });

  it.each([
    [{ state: "approved", decidedBy: "Ada" }, "approved by <strong>Ada</strong>"],
    [{ state: "consumed", decidedBy: "Ada" }, "approved and used by <strong>Ada</strong>"],
    [{ state: "denied", decidedBy: "Bob", decisionReason: "not now" }, "denied by <strong>Bob</strong>: not now."],
    [{ state: "expired" }, "Mos asked; expired."],
    [{ state: "cancelled", decisionReason: "the agent no longer asks" }, "cancelled: the agent no longer asks."],
  ] as const)("an approval that is %j says so, and cannot be pressed", async (end, words) => {
    const page = await shows({ ...approval, ...end });
    expect(page).toContain(words);
    expect(page).not.toContain("<form");
  });

  it("a question has a field of each kind", async () => {
    const page = await shows(cardOf("ask"));
    for (const part of [
      /<textarea[^>]*name="value\.coffee"[^>]*required/,
      /type="radio"[^>]*value="large"/,
      /type="number"/,
      /value="yes"/,
    ])
      expect(page).toMatch(part);
    const many = Array.from({ length: 9 }, (_, at) => ({ value: `v${at}`, label: `Label ${at}` }));
    const long = { title: "t", fields: [{ name: "f", label: "F", kind: "choice" as const, required: true, options: many }] };
    expect(await shows({ ...cardOf("ask"), form: long } as Card)).toMatch(/<select[^>]*required.*<option value="v8">Label 8/s);
  });

  it("a question elsewhere shows its whole address", async () => {
    expect(await shows(cardOf("link"))).toContain(
      'href="https://login.example.internal/device?code=ABCD" rel="noopener noreferrer" target="_blank"',
    );
  });

  it.each([
    [{ state: "answered", answer: "Guji", answeredBy: "Ada" }, "Answered by <strong>Ada</strong>: Guji"],
    [{ state: "expired" }, "No longer asked (expired)."],
    [{ state: "cancelled" }, "No longer asked (cancelled)."],
  ])("a question that is %j says so", async (end, words) => {
    const page = await shows({ ...cardOf("ask"), ...end } as Card);
    expect(page).toContain(words);
    expect(page).not.toContain("<form");
  });

  it.each(["queued", "building", "deploying", "live", "failed", "canceled", "rolled_back", "superseded", "deleted"])(
    "a deploy %s",
    async (state) => {
      const page = await shows({ ...cardOf("deploy"), state } as Card);
      for (const part of [
        `class="card deploy ${state}"`,
        state.replace("_", " "),
        "4be1a09c",
        "coffee.example",
        "_mos verify=81f2",
        "runs/812",
      ])
        expect(page).toContain(part);
    },
  );

  it("a failed deploy shows its last lines", async () => {
    expect(await shows(cardOf("deploy", 1))).toContain("npm error missing script: build");
  });

  it("a canvas is a link, or says why it is none", async () => {
    expect(await shows(cardOf("canvas"))).toContain('href="https://canvas.example.internal/c/8sk2"');
    const page = await shows(cardOf("canvas", 1));
    expect(page).toContain("There is no public address");
    expect(page).not.toContain("<a ");
  });

  it("progress is folded, with what is going on in its head", async () => {
    const page = await shows(cardOf("progress"));
    expect(page).toMatch(
      /<details class="progress working"><summary>.*Mos is working · plan 1\/3 · tools 1\/1 · team 0\/2.*Archon.*<\/summary>/s,
    );
    expect(await shows({ ...cardOf("progress"), state: "stopped", plan: [], tools: [], team: [] } as Card)).toContain("Mos was stopped");
  });

  it("notices say how grave they are", async () => {
    for (const [at, word] of ["Note", "Warning", "Error"].entries())
      expect(await shows(cardOf("progress", at + 1))).toContain(`>${word}</strong>`);
  });
});

describe("threads", () => {
  it("are listed newest first, a hundred and more", async () => {
    const connector = createConsole(new Keyv());
    for (let n = 0; n < 130; n += 1) await connector.can?.openThread?.({ chatId: "console" }, `e${n}`, `Thread ${n}`);
    const titles = (page: string): string[] => [...page.matchAll(/<span class="title">([^<]*)/g)].map((match) => match[1] ?? "");
    const page = await readPage(connector, "t");
    expect(titles(page).slice(0, 2)).toEqual(["Thread 129", "Thread 128"]);
    expect(titles(page)).toHaveLength(100);
    expect(page).toContain("31 more threads");
    expect(titles(await readPage(connector, "t?shown=200"))).toHaveLength(131);
  });

  it("are begun by a form", async () => {
    const connector = createConsole(new Keyv());
    expect(await submit(connector, "begin", { title: "Launch" })).toBe("/connectors/console/t/t1");
    expect(await readPage(connector, "t/t1")).toContain("<h1>Launch</h1>");
  });

  it("are unread until their end was seen, for each person alone, also in the next life", async () => {
    const state = new Keyv();
    const connector = createConsole(state);
    await connector.send({ text: "news" });
    const isUnread = async (from: Connector, caller?: Caller): Promise<boolean> =>
      (await readPage(from, "t", caller)).includes('class="unread"');
    expect(await isUnread(connector)).toBe(true);
    expect(await readPage(connector)).toContain("<title>(1) Main · mos-hub</title>");
    expect((await post(connector, "read", { thread: "main", upTo: 1 })).status).toBe(204);
    const next = createConsole(state);
    expect([await isUnread(next), await isUnread(next, BOB)]).toEqual([false, true]);
    await post(next, "read", { thread: "main", upTo: 999 });
    await next.send({ text: "more news" });
    expect(await isUnread(next)).toBe(true);
    await post(next, "read", { thread: "main", upTo: 1 });
    expect(await isUnread(next)).toBe(true);
  });

  it("stay read when something was whispered to somebody else", async () => {
    const connector = createConsole(new Keyv());
    await connector.can?.whisper?.({ chatId: "console" }, "per_bob", "psst");
    expect(await readPage(connector, "t")).not.toContain('class="unread"');
  });
});

describe("without script", () => {
  it("a message is said once, however often its form is sent", async () => {
    const { connector, messages } = createTaking();
    const form = { thread: "main", form: "f1", text: "hello\r\nthere" };
    for (let n = 0; n < 2; n += 1) expect(await submit(connector, "say", form)).toBe("/connectors/console/t/main");
    await submit(connector, "say", { ...form, text: "another from the same page" });
    expect(conversationOf(await readPage(connector)).match(/class="message/g)).toHaveLength(2);
    expect(messages[0]).toMatchObject({ text: "hello\nthere", sender: "per_ada", threadId: "main", assurance: "platform" });
    expect(messages[1]?.eventId).toBe(messages[0]?.eventId);
    expect(await readPage(connector, "t")).not.toContain('class="unread"');
    expect(await readPage(connector, "t", BOB)).toContain('class="unread"');
  });

  it("takes a form with a file field that is empty", async () => {
    const { connector, messages } = createTaking();
    const body = new FormData();
    for (const [name, value] of Object.entries({ thread: "main", form: "f", text: "hello" })) body.set(name, value);
    body.set("file", new Blob([]), "");
    expect((await call(connector, "say", { method: "POST", body, ...HTML })).status).toBe(303);
    expect(messages).toHaveLength(1);
  });

  it("what the hub refuses is said once, beside the words that were refused", async () => {
    const connector = createConsole(new Keyv());
    connector.subscribe(async () => ({ type: "refused", privateText: "Not here." }));
    await submit(connector, "say", { thread: "main", text: "my words", form: "f" });
    expect(await readPage(connector, "", BOB)).not.toContain("Not here.");
    const page = await readPage(connector);
    expect(page).toMatch(/role="status">\s*Not here\./);
    expect(page).toMatch(/<textarea[^>]*>my words<\/textarea/);
    expect(await readPage(connector)).not.toContain("Not here.");
  });

  it("gives the words back when there is no hub to take them", async () => {
    const connector = createConsole(new Keyv());
    await submit(connector, "say", { thread: "main", text: "my words", form: "f" });
    expect(await readPage(connector)).toMatch(/<textarea[^>]*>my words<\/textarea/);
  });

  it("an approval is decided with its reason, and the hub's words are shown once", async () => {
    const { connector, events } = createTaking();
    const form = { subject: "approval:a1", thread: "main", at: "m7", choice: "deny", "value.reason": "not now" };
    expect(await submit(connector, "act", form)).toBe("/connectors/console/t/main#m7");
    expect(events).toMatchObject([
      { type: "action", subject: "approval:a1", choice: "deny", values: { reason: "not now" }, sender: "per_ada" },
    ]);
    expect(await readPage(connector)).toContain("K7QF is approved.");
  });

  it.each([
    ["no text", "say", { thread: "main", text: " " }],
    ["a thread with a slash", "say", { thread: "../x", text: "x" }],
    ["no choice", "act", { subject: "approval:a1", thread: "main" }],
    ["no title", "begin", { title: " " }],
  ])("%s is a page that says so", async (_what, path, fields) => {
    const { connector, messages, events } = createTaking();
    const response = await call(connector, path, { method: "POST", body: new URLSearchParams(fields), ...HTML });
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect([messages, events]).toEqual([[], []]);
  });
});
