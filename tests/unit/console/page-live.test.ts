/** Live updates of the page: what they show is what a fresh page shows. */
import { Keyv } from "keyv";
import { describe, expect, it } from "vitest";
import type { Caller } from "../../../src/contract/connector.ts";
import { pauseAfter } from "../../../connectors/console/page/live.ts";
import { call, createConsole, post } from "../../support/harnesses/console.ts";
import { conversationOf, openLivePage, readPage } from "../../support/page-reader.ts";
import { SAMPLE_CARDS } from "../../support/page-stage.ts";

const BOB: Caller = { type: "person", personId: "per_bob", name: "Bob", assurance: "platform" };
const PLACE = { chatId: "console" };

it("shows the same as a fresh page, in two windows, with every card, edit and reaction", async () => {
  const connector = createConsole(new Keyv());
  connector.subscribe(async () => ({ type: "accepted", trace: "trc_1" }));
  const [one, two] = [await openLivePage(connector), await openLivePage(connector)];
  await post(connector, "messages", { text: "hello", clientId: "c" });
  for (const card of Object.values(SAMPLE_CARDS).flatMap((make) => make("x"))) await connector.send({ text: "card", card });
  await connector.can?.stream?.(PLACE, "trc_1", "half an ans");
  const { receipt } = await connector.send({ text: "an answer", trace: "trc_1" });
  if (receipt === undefined) throw new Error("there is a receipt");
  await connector.can?.react?.(PLACE, receipt, "👀");
  await connector.send({ text: "a **changed** answer", edits: receipt });
  await connector.can?.turnEnd?.(PLACE, { trace: "trc_1", outcome: "done" });
  await connector.send({ text: "elsewhere", threadId: "t-other" });
  await connector.send({ text: "the end" });
  await Promise.all([one, two].map((page) => page.until(({ conversation }) => conversation().includes("the end"))));
  const fresh = conversationOf(await readPage(connector));
  expect(fresh).toContain("a <strong>changed</strong> answer");
  expect([one.conversation(), two.conversation()]).toEqual([fresh, fresh]);
  expect(one.element("stream-trc_1")).toBeUndefined();
  expect(one.threads()).toEqual(["thread-main", "thread-t-other"]);
  await Promise.all([one.leave(), two.leave()]);
});

it("goes on after the last event it had, and misses nothing of an absence", async () => {
  const state = new Keyv();
  const first = createConsole(state);
  const before = await openLivePage(first);
  await first.send({ text: "one" });
  const { receipt } = await first.send({ text: "two" });
  await before.until(({ conversation }) => conversation().includes("two"));
  await before.leave();
  await first.close();
  const second = createConsole(state);
  if (receipt) await second.send({ text: "two, changed", edits: receipt });
  await second.send({ text: "three" });
  const lastId = before.lastId();
  if (lastId === undefined) throw new Error("the events are numbered");
  const after = await openLivePage(second, { query: "?thread=main&after=0", lastId });
  await after.until(({ conversation }) => conversation().includes("three"));
  const puts = after.changes.flatMap(({ fragments }) => fragments).flatMap((fragment) => (fragment.do === "put" ? [fragment.id] : []));
  expect(puts.filter((id) => id.startsWith("m"))).toEqual(["m2", "m4"]);
  // A change of a message that is not on the page puts nothing there.
  expect(after.changes.flatMap(({ fragments }) => fragments)).toContainEqual(expect.objectContaining({ id: "m4", into: "conversation" }));
  expect(after.element("m2")).toBeUndefined();
  await after.leave();
});

describe("what is being written", () => {
  it("is rendered, a few times a second at most, and gone with the message or the turn", async () => {
    const connector = createConsole(new Keyv());
    const page = await openLivePage(connector);
    await connector.can?.stream?.(PLACE, "trc", "some **wor");
    await page.until(({ element }) => element("stream-trc") !== undefined);
    for (let n = 0; n < 100; n += 1) await connector.can?.stream?.(PLACE, "trc", `some **words** ${n}`);
    await page.until(({ element }) => element("stream-trc")?.includes("99") ?? false);
    expect(page.element("stream-trc")).toContain("some <strong>words</strong> 99");
    expect(page.changes.length).toBeLessThan(4);
    await connector.send({ text: "some words", trace: "trc" });
    await page.until(({ conversation }) => conversation().includes("some words"));
    expect(page.element("stream-trc")).toBeUndefined();
    await connector.can?.stream?.(PLACE, "trc2", "then stopp");
    await page.until(({ element }) => element("stream-trc2") !== undefined);
    await connector.can?.turnEnd?.(PLACE, { trace: "trc2", outcome: "stopped" });
    await page.until(({ element }) => element("stream-trc2") === undefined);
    await page.leave();
  });

  it("is rendered less often the longer it is", () => {
    const delta = (letters: number) => ({ type: "delta", threadId: "main", trace: "t", text: "a".repeat(letters) }) as const;
    expect([pauseAfter([{ type: "typing", threadId: "main" }]), pauseAfter([delta(0)]), pauseAfter([delta(100_000)])]).toEqual([
      250, 250, 2250,
    ]);
  });

  it("is announced by typing, until the turn ends", async () => {
    const connector = createConsole(new Keyv());
    const page = await openLivePage(connector);
    await connector.can?.typing?.(PLACE);
    await page.until(({ changes }) => changes.at(-1)?.typing === true);
    await connector.can?.typing?.(PLACE);
    await connector.can?.turnEnd?.(PLACE, { trace: "t", outcome: "done" });
    await page.until(({ changes }) => changes.at(-1)?.typing === false);
    await connector.send({ text: "next" });
    await page.until(({ conversation }) => conversation().includes("next"));
    // The typing of before the end is not shown after it.
    expect(page.changes.filter(({ typing }) => typing === true)).toHaveLength(1);
    await page.leave();
  });
});

describe("for one person alone", () => {
  it("whispers reach only whom they are meant for", async () => {
    const connector = createConsole(new Keyv());
    const [mine, bobs] = [await openLivePage(connector), await openLivePage(connector, { caller: BOB })];
    await connector.can?.whisper?.(PLACE, "per_bob", "psst");
    // Even when they change, or somebody reacts to them.
    await connector.can?.react?.(PLACE, { messageId: "m1" }, "👀");
    await connector.send({ text: "to all" });
    await Promise.all([mine, bobs].map((page) => page.until(({ conversation }) => conversation().includes("to all"))));
    expect(JSON.stringify(mine.changes)).not.toContain("psst");
    expect(bobs.conversation()).toContain("psst");
    await Promise.all([mine.leave(), bobs.leave()]);
  });

  it("what is whispered again under its key, as after a crash, is there once", async () => {
    const connector = createConsole(new Keyv());
    const as = { idempotencyKey: "out_1", trace: "trc_1" };
    await connector.can?.whisper?.(PLACE, "per_bob", "psst", as);
    await connector.can?.whisper?.(PLACE, "per_bob", "psst", as);
    const answer = await call(connector, "threads/main", {}, BOB);
    expect(await answer.json()).toMatchObject({ messages: [{ text: "psst", to: "per_bob", trace: "trc_1" }] });
  });

  it("what was read in one window is read in the others of the same person", async () => {
    const connector = createConsole(new Keyv());
    const [mine, bobs] = [await openLivePage(connector), await openLivePage(connector, { caller: BOB })];
    await connector.send({ text: "news" });
    await Promise.all([mine, bobs].map((page) => page.until(({ changes }) => changes.at(-1)?.unread === 1)));
    await post(connector, "read", { thread: "main", upTo: 1 });
    await mine.until(({ changes }) => changes.at(-1)?.unread === 0);
    expect(mine.element("thread-main")).toContain('class="read"');
    await connector.send({ text: "more" });
    await bobs.until(({ conversation }) => conversation().includes("more"));
    expect(bobs.changes.map(({ unread }) => unread)).not.toContain(0);
    await Promise.all([mine.leave(), bobs.leave()]);
  });

  it("says for screen readers what others said, not what oneself did", async () => {
    const connector = createConsole(new Keyv());
    connector.subscribe(async () => ({ type: "accepted", trace: "t" }));
    const page = await openLivePage(connector);
    await post(connector, "messages", { text: "mine", clientId: "c" });
    await post(connector, "messages", { text: "Bob's", clientId: "c" }, BOB);
    await page.until(({ conversation }) => conversation().includes("Bob"));
    expect(page.changes.map(({ news }) => news).filter(Boolean)).toEqual(["Bob: Bob's"]);
    await page.leave();
  });
});

describe("a page that is too far behind", () => {
  async function firstEvents(query: string, entries: number): Promise<string> {
    const connector = createConsole(new Keyv());
    for (let n = 0; n < entries; n += 1) await connector.send({ text: `${n}` });
    const reader = (await call(connector, `live?thread=main&after=${query}`)).body?.getReader();
    const text = new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
    return text;
  }

  it.each([
    ["more was missed than is worth sending", "0", 600, "event: reload"],
    ["the log is another, shorter one", "50", 3, "event: reload"],
    ["little was missed", "550", 600, "event: ready"],
  ])("when %s", async (_what, after, entries, expected) => {
    expect(await firstEvents(after, entries)).toContain(expected);
  });
});
