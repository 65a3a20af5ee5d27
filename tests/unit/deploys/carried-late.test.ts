/** What is approved for a deploy while the service that carries it out takes nothing: what people see until it does, or until it never will. */
import { describe, expect, test } from "vitest";
import type { Write } from "../../../src/contract/store.ts";
import {
  MINUTE,
  OK,
  answerWith,
  approve,
  ask,
  begin,
  bench,
  cardOf,
  cardSays,
  isHanded,
  isSettled,
  notes,
  posted,
  report,
  restart,
  said,
  tries,
  twoLive,
  useServices,
  wishOf,
} from "../../support/carrying-services.ts";
import { until } from "../../support/hub-process.ts";

useServices();

const BUSY = { status: 503, body: undefined } as const;
const SILENT = { failed: "ETIMEDOUT", mayHaveArrived: true } as const;
const saying = (words: string) => said().filter((text) => text.includes(words));
const YET = "could not be handed over yet";
/** The card and what is said beside it are on their ways apart. */
const isSaid = (words: string, times = 1) => until(`"${words}" is said`, () => saying(words).length === times);
const placesOf = (words: string) =>
  bench.chat.calls
    .filter(({ text, card }) => card?.type === "notice" && text.includes(words))
    .map(({ chatId, threadId }) => [chatId, threadId]);

describe("not taken at once", () => {
  test("stands on the card with why and until when, is said once where it was asked, and so is that it is taken", async () => {
    answerWith(() => BUSY);
    await twoLive();
    const code = await approve();
    await cardSays(
      "it could not be handed over yet: ci.example.internal answered 503. It is tried again, at growing intervals, until 1970-",
    );
    expect(cardOf("sha-2")?.offers).toEqual([]);
    await isSaid(YET);
    expect(saying(YET)).toEqual([
      expect.stringMatching(
        new RegExp(`^🟠 \\*\\*shop\\*\\* \\(production\\): ${code} was approved; it could not be handed over yet: .* UTC\\.$`),
      ),
    ]);
    expect(placesOf("handed over yet")).toEqual([["home", "anywhere"]]);
    answerWith(() => SILENT);
    await tries(1);
    await bench.clock.tick(2000);
    await cardSays("could not be handed over yet: ci.example.internal could not be reached");
    expect(saying(YET)).toHaveLength(1);
    answerWith(() => OK);
    await tries(2);
    await bench.clock.tick(4000);
    await isSettled();
    await cardSays("approved by ann; ci.example.internal carries it out.");
    expect(notes()).not.toContain("yet");
    await isSaid(`${code} is handed over now; ci.example.internal carries it out.`);
    expect(saying(YET)).toHaveLength(1);
    expect(new Set(posted.map(({ id }) => id)).size).toBe(1);
    await report({ deploy_id: "2", state: "rolled_back" });
    expect(cardOf("sha-1")?.state).toBe("live");
  });

  test("taken at once, nothing is said beside the card", async () => {
    await twoLive();
    await approve();
    await isSettled();
    await cardSays("carries it out");
    expect(said().join()).not.toContain("handed over");
  });

  test("asked for with the button of a card, it is said in the thread of that card", async () => {
    answerWith(() => BUSY);
    await twoLive();
    const place = { chatId: "home", sender: "ann", ts: "2026-01-01T00:00:00.000Z" };
    const { id } = cardOf("sha-2") ?? {};
    await bench.chat.hear({ type: "action", eventId: "p1", subject: `deploy:${id}`, choice: "rollback", ...place });
    await bench.clock.settled();
    const { store } = bench.life().journal;
    const [asked] = await store.find("approvals", { where: { state: "pending" } });
    await bench.say(`approve ${asked?.code}`, "anywhere");
    await cardSays(YET);
    const [copy] = await store.find("copies", { where: { subject: `deploy:${id}` } });
    const told = (await store.find("outbox")).flatMap(({ op }) => (op.type === "send" && op.message.card?.type === "notice" ? [op] : []));
    expect(told).toMatchObject([{ underOutboxId: copy?.outboxId, message: { text: expect.stringContaining("handed over yet") } }]);
  });

  test("every other chat with its card hears of it there, and of the refusal at last", async () => {
    const chats = [
      { account: "chat", chat: "home" },
      { account: "chat", chat: "ops" },
    ];
    await begin({ settings: { deploys: { routes: [{ app: "*", environment: "*", chats }] } } });
    answerWith(() => BUSY);
    await twoLive();
    await approve();
    await cardSays(YET);
    const everywhere = [
      ["home", "anywhere"],
      ["ops", undefined],
    ];
    await isSaid(YET, 2);
    expect(placesOf("handed over yet")).toEqual(everywhere);
    answerWith(() => ({ status: 410, body: undefined }));
    await tries(1);
    await bench.clock.tick(2000);
    await isSettled();
    await cardSays("it could not be handed over: ci.example.internal answered 410.");
    await isSaid("could not be handed over: ", 2);
    expect(placesOf("could not be handed over: ")).toEqual(everywhere);
    expect((await wishOf("2"))?.state).toBe("not_taken");
  });
});

describe("while it is not taken", () => {
  test("something else goes live: nobody is handed it any more, and that is said", async () => {
    answerWith(() => BUSY);
    await twoLive();
    const code = await approve();
    await tries(1);
    await report({ deploy_id: "3", revision: { sha: "sha-3" } });
    answerWith(() => OK);
    const before = posted.length;
    await bench.clock.tick(MINUTE);
    await isSettled();
    expect(posted).toHaveLength(before);
    await isSaid(`${code} was approved and could not be handed over: that deploy is superseded by now.`);
  });

  test("it is reported as done: nobody is handed it any more, and nothing is left to say", async () => {
    answerWith(() => SILENT);
    await twoLive();
    await approve();
    await tries(1);
    await report({ deploy_id: "2", state: "rolled_back" });
    const before = posted.length;
    await bench.clock.tick(MINUTE);
    await isSettled();
    expect(posted).toHaveLength(before);
    expect([...saying("could not be handed over: "), ...saying("is handed over now")]).toEqual([]);
    expect(cardOf("sha-2")?.notes).toEqual([expect.stringMatching(/^Back to `sha-1` of/)]);
  });

  test.each(["before", "after"] as const)("the process dies %s that is written: it is said once, and taken at last", async (when) => {
    const isLater = (write: Write) => write.op === "update" && write.table === "kv" && write.id.startsWith("deploy/hand-over/");
    answerWith(() => BUSY);
    await twoLive();
    const code = await ask();
    bench.life().dieAt(when, isLater);
    void bench.say(`approve ${code}`, "anywhere");
    await isHanded(1);
    if (when === "after") await until("it died", () => bench.life().committed.some((writes) => writes.some(isLater)));
    await restart();
    if (when === "after") await bench.clock.tick(1000);
    await tries(when === "after" ? 2 : 1);
    expect(posted).toHaveLength(2);
    await cardSays(YET);
    await isSaid(YET);
    answerWith(() => OK);
    await bench.clock.tick(MINUTE);
    await isSettled();
    await cardSays("ci.example.internal carries it out.");
    await isSaid("is handed over now");
    expect(saying(YET)).toHaveLength(1);
  });
});
