/** What is not sent any more: progress that has expired, and letters that nobody could deliver. */
import { afterEach, describe, expect, test } from "vitest";
import type { ConnectorLimits } from "../../../src/contract/connector.ts";
import { say } from "../../../src/contract/handler.ts";
import type { ProgressCard } from "../../../src/contract/message.ts";
import { insert } from "../../../src/contract/store.ts";
import type { TurnFields } from "../../../src/contract/tables.ts";
import { drop, resend } from "../../../src/delivery/by-hand.ts";
import { createDeliveryBench, type DeliveryBench } from "../../support/delivery-bench.ts";
import { createRecordingConnector, DELIVERED, notSent, type RecordingConnector, unanswered } from "../../support/recording-connector.ts";

let bench: DeliveryBench;
afterEach(() => bench.dispose());
const setUp = async (chat: RecordingConnector): Promise<void> => void (bench = await createDeliveryBench({ chat }));
const home = { account: "chat", chat: "home", thread: "t1" };
const at = { address: home, trace: "trc_1" };
/** All attempts, and then the longest time a row is tried for. */
const giveUp = async (): Promise<void> => {
  await bench.clock.tick(200_000);
  bench.clock.jump(6 * 3_600_000);
  await bench.clock.tick(120_000);
};
const banned = (chat: RecordingConnector, ms: number): void => {
  chat.script = () => (chat.calls.length === 1 ? notSent({ do: "retry_after", ms }) : DELIVERED);
};

describe("progress", () => {
  const card = (state: ProgressCard["state"]): ProgressCard => ({
    type: "progress",
    turnId: "trn_1",
    state,
    asker: "Mos",
    plan: [],
    tools: [],
    team: [],
  });
  const turn = (state: TurnFields["state"]): TurnFields => ({
    ...at,
    sessionKey: "agent:mos:chat:a",
    orchestrator: "mos",
    state,
    personId: "per_ann",
    inboxId: null,
    text: "work",
    attachments: [],
    attempt: 1,
    times: {},
  });

  test("that waited for more than a minute is dropped; nothing else expires", async () => {
    const chat = createRecordingConnector();
    banned(chat, 61_000);
    await setUp(chat);
    await bench.queue({ text: "first", thread: "t0" });
    await bench.queue({ text: "step", urgency: "progress" }, { text: "notice", urgency: "notice" }, "reply");
    await bench.clock.tick(62_000);
    expect(chat.shown.toSorted()).toEqual(["first", "notice", "reply"]);
    expect(await bench.row("step")).toMatchObject({ state: "failed", lastError: "out of date" });
  });

  test("of a turn that has ended meanwhile is not begun, nor what would change it", async () => {
    const chat = createRecordingConnector({ can: { edit: true } });
    banned(chat, 10_000);
    await setUp(chat);
    await bench.queue({ text: "first", thread: "t0" });
    const begun = say({ ...at, text: "working", card: card("working"), urgency: "progress" });
    await bench.write(insert("turns", "trn_1", turn("done")), begun.write);
    await bench.write(say({ ...at, text: "done", card: card("done"), urgency: "progress", edits: begun.id }).write);
    await bench.clock.tick(11_000);
    expect(chat.shown).toEqual(["first"]);
  });

  test("that people see is changed to its last state, however late", async () => {
    const chat = createRecordingConnector({ can: { edit: true } });
    await setUp(chat);
    const begun = say({ ...at, text: "working", card: card("working"), urgency: "progress" });
    await bench.write(insert("turns", "trn_1", turn("running")), begun.write);
    chat.script = () => (chat.calls.length === 2 ? notSent({ do: "retry_after", ms: 600_000 }) : DELIVERED);
    await bench.queue({ text: "other", thread: "t0" });
    await bench.write(say({ ...at, text: "done", card: card("done"), urgency: "progress", edits: begun.id }).write);
    await bench.clock.tick(601_000);
    expect(chat.shown.toSorted()).toEqual(["done", "other", "working"]);
  });

  test("is no message of its own where the platform changes none", async () => {
    const chat = createRecordingConnector();
    await setUp(chat);
    const begun = say({ ...at, text: "working", urgency: "progress" });
    await bench.write(begun.write, say({ ...at, text: "more", urgency: "progress", edits: begun.id }).write);
    expect(chat.shown).toEqual(["working"]);
  });
});

describe("a message that could not be delivered", () => {
  const broken = (): RecordingConnector => {
    const chat = Object.assign(createRecordingConnector(), { homeChat: "lobby" });
    chat.script = ({ chatId }) => (chatId === "lobby" ? DELIVERED : notSent());
    return chat;
  };

  test("is said in the home chat of its account, and for many that is said once while it waits", async () => {
    const chat = broken();
    await setUp(chat);
    const chats = Array.from({ length: 20 }, (_, n) => ({ text: `${n}`, address: { account: "chat", chat: `c${n}` } }));
    await bench.queue(...chats);
    let answer = (): void => {};
    chat.script = ({ chatId }) => (chatId === "lobby" ? new Promise((done) => (answer = () => done(DELIVERED))) : notSent());
    await giveUp();
    answer();
    await bench.clock.settled();
    answer();
    await bench.clock.settled();
    expect(await bench.life().journal.store.count("outbox", { state: "dead" })).toBe(20);
    expect(chat.shown).toHaveLength(2);
    expect(chat.shown[0]).toMatch(/^A message could not be delivered \(no\)\. `mos-hub outbox list`/);
  });

  test("for the size of its file is said where it should have come", async () => {
    const limits: ConnectorLimits = { text: { max: 1000, unit: "utf16" }, uploadBytes: 10, countsAsEvent: ["send"] };
    const chat = Object.assign(createRecordingConnector({ limits, can: { upload: true } }), { homeChat: "lobby" });
    chat.script = ({ attachments = [] }) => (attachments.length > 0 ? notSent({ do: "drop" }) : DELIVERED);
    await setUp(chat);
    const film = { name: "film.mp4", mimeType: "video/mp4", sizeBytes: 11, path: "/film.mp4" };
    await bench.write(say({ ...at, text: "", urgency: "reply", attachments: [film] }).write);
    await bench.clock.settled();
    expect(chat.calls.at(-1)).toMatchObject({
      chatId: "home",
      threadId: "t1",
      text: expect.stringContaining("could not be delivered") as string,
    });
  });

  test("nor its notice: that is not told of by another", async () => {
    const chat = broken();
    await setUp(chat);
    chat.script = () => notSent();
    await bench.queue({ text: "one" });
    await giveUp();
    await giveUp();
    expect(await bench.life().journal.store.count("outbox", { state: "dead" })).toBe(2);
  });

  test("can be sent again by hand, with an entry in the audit log; what was sent cannot", async () => {
    const chat = broken();
    await setUp(chat);
    await bench.queue({ text: "one" });
    await giveUp();
    chat.script = () => DELIVERED;
    const { id } = await bench.row("one");
    await resend(bench.life().journal, id.slice(0, 12), "per_ann");
    await bench.clock.settled();
    expect((await bench.row("one")).state).toBe("sent");
    expect(await bench.life().journal.store.find("audit")).toMatchObject([{ what: "outbox.resent", subject: id, actorId: "per_ann" }]);
    await expect(resend(bench.life().journal, id, "per_ann")).rejects.toMatchObject({ code: "bad_request" });
    await expect(resend(bench.life().journal, "out_none", "per_ann")).rejects.toMatchObject({ code: "not_found" });
  });

  test("and may have been, carries its mark when it is sent again by hand", async () => {
    const chat = createRecordingConnector();
    await setUp(chat);
    chat.script = () => unanswered(true);
    await bench.queue({ text: "one" });
    await giveUp();
    expect((await bench.row("one")).state).toBe("dead");
    chat.script = () => DELIVERED;
    await resend(bench.life().journal, (await bench.row("one")).id, "per_ann");
    await bench.clock.tick(1000);
    expect(chat.shown.at(-1)).toBe("(may be a duplicate)\none");
  });

  test("can be given up by hand, and what waits behind it goes on", async () => {
    const chat = createRecordingConnector();
    chat.script = ({ text }) => (text === "one" ? notSent({ do: "retry" }) : DELIVERED);
    await setUp(chat);
    await bench.queue("one", "two");
    await drop(bench.life().journal, (await bench.row("one")).id, "per_ann");
    await bench.clock.settled();
    expect(chat.shown).toEqual(["two"]);
    expect((await bench.row("one")).state).toBe("failed");
  });

  test("when it dies as it is given up: said once", async () => {
    const chat = broken();
    await setUp(chat);
    bench.life().dieAt("after", (write) => write.op === "update" && write.table === "outbox" && write.set.state === "dead");
    await bench.queue({ text: "one" });
    await giveUp();
    await bench.restart();
    await bench.clock.tick(1000);
    expect(chat.shown).toHaveLength(1);
  });
});

test("what is dropped by hand just as it is being sent is either sent or dropped", async () => {
  const chat = createRecordingConnector();
  await setUp(chat);
  let answer = (): void => {};
  chat.script = () => new Promise((done) => (answer = () => done(DELIVERED)));
  await bench.queue("one");
  await expect(drop(bench.life().journal, (await bench.row("one")).id, "per_ann")).rejects.toMatchObject({ code: "bad_request" });
  answer();
  await bench.clock.settled();
  expect((await bench.row("one")).state).toBe("sent");
});
