/** The console's HTTP face: who may use it, what it answers, and that a feed gives exactly what was missed. */
import { Keyv } from "keyv";
import { describe, expect, it } from "vitest";
import { HubError } from "../../../src/contract/errors.ts";
import type { Ack } from "../../../src/contract/message.ts";
import { type FeedEvent, threadPage } from "../../../connectors/console/entry.ts";
import { call, createConsole, post, readFeed } from "../../support/harnesses/console.ts";

async function take(feed: AsyncGenerator<FeedEvent, undefined>, count: number): Promise<FeedEvent[]> {
  const events: FeedEvent[] = [];
  while (events.length < count) {
    const { value } = await feed.next();
    if (value === undefined) break;
    events.push(value);
  }
  return events;
}

const numbers = (events: readonly FeedEvent[]): (number | string)[] => events.map((event) => ("n" in event ? event.n : event.type));

describe("the feed", () => {
  it("replays what came after a number, then goes on live, each entry once", async () => {
    const connector = createConsole(new Keyv());
    for (const text of ["1", "2", "3", "4"]) await connector.send({ text });
    const feed = readFeed(connector, undefined, 2);
    const replayed = await take(feed, 3);
    const live = take(feed, 150);
    await Promise.all(Array.from({ length: 150 }, (_, at) => connector.send({ text: `${at + 5}` })));
    expect(numbers([...replayed, ...(await live)])).toEqual([2, ...Array.from({ length: 152 }, (_, at) => at + 3)]);
  });

  it("gives a face that comes back exactly what it missed, also from another life of the connector", async () => {
    const state = new Keyv();
    const first = createConsole(state);
    const feed = readFeed(first, undefined, 0);
    await first.send({ text: "seen" });
    expect(numbers(await take(feed, 2))).toEqual([0, 1]);
    await feed.return(undefined);
    await first.send({ text: "missed 1" });
    await first.close();
    const second = createConsole(state);
    await second.send({ text: "missed 2" });
    const response = await call(second, "feed", { headers: { "last-event-id": "1" } });
    const reader = response.body?.getReader();
    let text = "";
    while (!text.includes("missed 2")) text += new TextDecoder().decode((await reader?.read())?.value);
    expect(text.match(/^id: .*$/gm)).toEqual(["id: 1", "id: 2", "id: 3"]);
    await reader?.cancel();
  });

  it("keeps a face that follows one thread to that thread", async () => {
    const connector = createConsole(new Keyv());
    const response = await call(connector, "feed?after=0&thread=t-a");
    await connector.send({ text: "elsewhere" });
    await connector.send({ text: "here", threadId: "t-a" });
    const reader = response.body?.getReader();
    let text = "";
    while (!text.includes("here")) text += new TextDecoder().decode((await reader?.read())?.value);
    expect(text).not.toContain("elsewhere");
    await reader?.cancel();
  });

  it("shows nothing of what streamed once the message itself is there", async () => {
    const connector = createConsole(new Keyv());
    const feed = readFeed(connector);
    await feed.next();
    const place = { chatId: "console" };
    for (let n = 0; n < 50; n += 1) await connector.can?.stream?.(place, "trc", "a".repeat(n));
    await connector.send({ text: "done", trace: "trc" });
    await connector.can?.turnEnd?.(place, { trace: "trc", outcome: "done" });
    const seen: FeedEvent[] = [];
    while (seen.at(-1)?.type !== "turn_end") seen.push(...(await take(feed, 1)));
    const types = seen.map(({ type }) => type);
    expect(types.slice(types.indexOf("message"))).toEqual(["message", "turn_end"]);
    // A slow reader is given the newest only, not all that passed by.
    expect(types.filter((type) => type === "delta").length).toBeLessThan(5);
    await feed.return(undefined);
  });

  it("ends when the connector closes", async () => {
    const connector = createConsole(new Keyv());
    const feed = readFeed(connector);
    await feed.next();
    await connector.close();
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });
});

describe("taking a message", () => {
  const body = { text: "hello", thread: "t-1", clientId: "c-1" };

  it("answers 202 with the trace the hub gave it, then shows it to everybody", async () => {
    const connector = createConsole(new Keyv());
    connector.subscribe(async () => ({ type: "accepted", trace: "trc_1" }));
    const response = await post(connector, "messages", body);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ trace: "trc_1", thread: "t-1", eventId: "per_ada/c-1" });
    expect((await post(connector, "messages", body)).status).toBe(202);
    const page = threadPage.parse(await (await call(connector, "threads/t-1")).json());
    expect(page.messages).toMatchObject([{ text: "hello", from: "person", sender: "per_ada", trace: "trc_1" }]);
  });

  it("shows it before the answer, however fast that is given, and lets a handler wait for its own answer", async () => {
    const connector = createConsole(new Keyv());
    connector.subscribe(async ({ text, threadId }) => {
      const answering = connector.send({ text: `echo: ${text}`, threadId });
      if (text === "slow") await answering;
      return { type: "accepted", trace: "trc" };
    });
    expect((await post(connector, "messages", { ...body, text: "quick" })).status).toBe(202);
    expect((await post(connector, "messages", { ...body, text: "slow", clientId: "c-2" })).status).toBe(202);
    const page = threadPage.parse(await (await call(connector, "threads/t-1")).json());
    expect(page.messages.map(({ text }) => text)).toEqual(["quick", "echo: quick", "echo: slow", "slow"]);
  });

  it.each<[string, Ack, object]>([
    ["a private text", { type: "privateText", text: "for you", trace: "t" }, { privateText: "for you" }],
    [
      "a form",
      { type: "openForm", form: { title: "F", fields: [] }, subject: "s", trace: "t" },
      { subject: "s", form: { title: "F", fields: [] } },
    ],
  ])("hands on %s", async (_what, ack, expected) => {
    const connector = createConsole(new Keyv());
    connector.subscribe(async () => ack);
    const response = await post(connector, "messages", body);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject(expected);
  });

  it("answers a refusal with 403 and the hub's words, and shows nothing", async () => {
    const connector = createConsole(new Keyv());
    connector.subscribe(async () => ({ type: "refused", privateText: "Not here." }));
    const response = await post(connector, "messages", body);
    expect([response.status, response.headers.get("content-type")]).toEqual([403, "application/problem+json"]);
    expect(await response.json()).toMatchObject({ title: "Not here.", code: "not_allowed" });
    expect((await call(connector, "threads/t-1")).status).toBe(404);
  });

  it("answers 503 when the hub did not take it, without a word from inside", async () => {
    const connector = createConsole(new Keyv());
    expect((await post(connector, "messages", body)).status).toBe(503);
    connector.subscribe(() => Promise.reject(new Error("SQLITE_IOERR at /secret/path")));
    const response = await post(connector, "messages", body);
    expect(response.status).toBe(503);
    expect(JSON.stringify(await response.json())).not.toContain("SQLITE");
  });

  it("says why when the disk is full", async () => {
    const connector = createConsole(new Keyv());
    connector.subscribe(() => Promise.reject(new HubError("store_full", { file: "hub.db" })));
    const response = await post(connector, "messages", body);
    expect([response.status, (await response.json()) as unknown]).toMatchObject([
      503,
      { code: "store_full", title: expect.stringContaining("full") },
    ]);
  });
});

describe("what it does not take", () => {
  const connector = createConsole(new Keyv());
  connector.subscribe(async () => ({ type: "accepted", trace: "t" }));

  it.each([
    ["nobody's", () => post(connector, "messages", { text: "x", clientId: "c" }, { type: "nobody" }), 401],
    ["nobody's look at the feed", () => call(connector, "feed", {}, { type: "nobody" }), 401],
    ["no JSON", () => call(connector, "messages", { method: "POST", body: "{" }), 400],
    ["no text", () => post(connector, "messages", { text: "  ", clientId: "c" }), 400],
    ["no client id", () => post(connector, "messages", { text: "x" }), 400],
    ["a field too many", () => post(connector, "messages", { text: "x", clientId: "c", sender: "root" }), 400],
    ["a thread with a slash", () => post(connector, "messages", { text: "x", clientId: "c", thread: "../x" }), 400],
    ["a place to resume that is no number", () => call(connector, "feed?after=soon"), 400],
    ["a thread there is not", () => call(connector, "threads/nowhere"), 404],
    ["an unreadable thread id", () => call(connector, "threads/%25%2F"), 400],
    ["a path there is not", () => call(connector, "secrets"), 404],
    ["another method", () => call(connector, "messages", { method: "DELETE" }), 404],
  ])("%s", async (_what, attempt, status) => {
    const response = await attempt();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  it("stops reading a body at 8 MiB", async () => {
    const response = await post(connector, "messages", { text: "x".repeat(8 * 1024 * 1024), clientId: "c" });
    expect([response.status, await response.json()]).toMatchObject([413, { code: "message_too_long" }]);
  });
});

describe("threads and actions", () => {
  it("begins a thread once for one client id", async () => {
    const connector = createConsole(new Keyv());
    const create = async () => (await post(connector, "threads", { title: "Launch", clientId: "c-1" })).json();
    const first = await create();
    expect(first).toMatchObject({ thread: { id: "t1", title: "Launch" } });
    expect(await create()).toEqual(first);
  });

  it("hands an action on with its values", async () => {
    const connector = createConsole(new Keyv());
    const seen: unknown[] = [];
    connector.onEvent?.(async (event) => {
      seen.push(event);
      return { type: "privateText", text: "Thank you.", trace: "t" };
    });
    const response = await post(connector, "actions", {
      subject: "question:q1",
      choice: "answer",
      values: { colour: "red" },
      clientId: "c-2",
    });
    expect(await response.json()).toMatchObject({ privateText: "Thank you." });
    expect(seen).toMatchObject([{ type: "action", subject: "question:q1", choice: "answer", values: { colour: "red" }, threadId: "main" }]);
  });
});
