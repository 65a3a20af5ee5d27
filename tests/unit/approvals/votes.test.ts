/** Requests of a whole hub, decided by several people from several accounts in hand-moved time. */
import { expect, test } from "vitest";
import type { Connector } from "../../../src/contract/connector.ts";
import type { Ack, ApprovalCard, PersonEvent } from "../../../src/contract/message.ts";
import type { PolicyRule } from "../../../src/contract/policy.ts";
import { update } from "../../../src/contract/store.ts";
import type { Row } from "../../../src/contract/tables.ts";
import { createHubBench, type HubBench, message } from "../../support/hub-bench.ts";
import { createRecordingConnector } from "../../support/recording-connector.ts";
import { addPerson } from "../../support/mortal-journal.ts";

const TWO: PolicyRule["demands"] = { quorum: 2, denyQuorum: 2 };

interface Court extends HubBench {
  /** The agent asks; gives the request. */
  ask(about?: Record<string, unknown>): Promise<Row<"approvals">>;
  /** Somebody presses on a card, or types. */
  press(sender: string, choice: string, more?: Partial<PersonEvent>): Promise<Ack>;
  row(): Promise<Row<"approvals">>;
  /** The latest picture of every copy, by chat. */
  cards(): ApprovalCard[];
}

async function convene(demands: PolicyRule["demands"], others: Readonly<Record<string, Connector>> = {}): Promise<Court> {
  const policies = [{ name: "rule", when: {}, demands }];
  const bench = await createHubBench({ can: { edit: true, ask: true }, approvals: { policies }, others });
  for (const name of ["bob", "cid"]) await addPerson(bench.life().journal, name, ["approver"]);
  await bench.say("work");
  const row = async (): Promise<Row<"approvals">> => {
    const [found] = await bench.life().journal.store.find("approvals", { newestFirst: true, limit: 1 });
    if (!found) throw new Error("nothing was asked");
    return found;
  };
  let pressed = 0;
  return {
    ...bench,
    row,
    async ask(about = {}) {
      const ask = { title: "Delete it", action: { path: "/data" }, tool: "delete", ...about };
      await bench.agent.report("work", { type: "approval_request", ask, handle: { requestId: `r${Math.random()}`, epoch: "1" } });
      await bench.clock.tick(10);
      return row();
    },
    async press(sender, choice, more = {}) {
      const { id } = await row();
      const event = { type: "action", subject: `approval:${id}`, choice, sender, eventId: `press${(pressed += 1)}`, ...more };
      const ack = await bench.chat.hear(message("", event as Partial<PersonEvent>));
      await bench.clock.tick(10);
      return ack;
    },
    cards: () => {
      const latest = new Map<string, ApprovalCard>();
      for (const { chatId = "home", threadId, card } of bench.chat.calls)
        if (card?.type === "approval") latest.set(`${chatId}/${threadId}`, card);
      return [...latest.values()];
    },
  };
}

const textOf = (ack: Ack): string => ("text" in ack ? ack.text : ack.type);

test("two people must agree, and every copy says how it stands", async () => {
  const court = await convene({ ...TWO, chats: [{ account: "chat", chat: "ops" }] });
  await court.ask();
  expect(textOf(await court.press("bob", "approve"))).toMatch(/^Your vote on .* counts: 1 of 2\.$/);
  expect(court.cards().map(({ state, votes }) => ({ state, votes }))).toEqual(
    Array.from({ length: 2 }, () => ({ state: "pending", votes: { approving: ["bob"], denying: [], needed: 2 } })),
  );
  expect(court.agent.answers).toEqual([]);
  await court.press("cid", "approve");
  expect(court.cards().map(({ state, decidedBy }) => ({ state, decidedBy }))).toEqual(
    Array.from({ length: 2 }, () => ({ state: "approved", decidedBy: "bob and cid" })),
  );
  expect(court.agent.answers).toMatchObject([{ type: "approval", approved: true }]);
});

test("a request that is like one that waits is another one, and its card says so; an equal one joins", async () => {
  const court = await convene({});
  const first = await court.ask({ action: { path: "/data", force: true } });
  expect(first.similarPending).toBe(false);
  const joined = await court.ask({ action: { force: true, path: "/data" } });
  expect([joined.id, joined.waiting.length]).toEqual([first.id, 2]);
  const like = await court.ask({ title: "delete  IT", action: { path: "/Data ", force: true } });
  expect([like.id === first.id, like.similarPending]).toEqual([false, true]);
  expect(court.cards().at(-1)).toMatchObject({ id: like.id, similarPending: true });
  await court.press("bob", "approve");
  const { store } = court.life().journal;
  expect((await store.get("approvals", like.id))?.state).toBe("consumed");
  expect((await store.get("approvals", first.id))?.state).toBe("pending");
});

test("two of three people across two platforms; every copy on both says who", async () => {
  const other = createRecordingConnector({ can: { edit: true, ask: true } });
  const court = await convene({ quorum: 2, denyQuorum: 2, chats: [{ account: "other", chat: "ops" }] }, { other });
  const { journal } = court.life();
  await addPerson(journal, "dan", ["approver"], "other");
  await court.ask();
  const { id, code } = await court.row();
  expect(textOf(await court.press("bob", "approve"))).toContain("1 of 2");
  const press = { type: "action", subject: `approval:${id}`, choice: "approve", sender: "dan", chatId: "ops", eventId: "on-the-other" };
  expect(textOf(await other.hear(message("", { ...press, threadId: undefined } as Partial<PersonEvent>)))).toBe(`${code} is approved.`);
  await court.clock.tick(10);
  // The third comes too late, on the first platform again.
  expect(textOf(await court.press("cid", "deny"))).toContain("already approved by bob and dan");
  const last = other.calls.map(({ card }) => card).findLast((card) => card?.type === "approval");
  for (const card of [last, ...court.cards()])
    expect(card).toMatchObject({ state: expect.stringMatching(/approved|consumed/), decidedBy: "bob and dan" });
  expect((await court.row()).votes.map(({ personId, via }) => [personId, via])).toEqual([
    ["per_bob", "chat"],
    ["per_dan", "other"],
  ]);
});

test("the same person twice is one person, from whatever account", async () => {
  const court = await convene(TWO);
  const { journal } = court.life();
  const bob = await journal.store.get("people", "per_bob");
  if (!bob) throw new Error("bob is missing");
  const accounts = [...bob.accounts, { account: "chat", sender: "bob-at-work" }];
  await journal.commit({ actorId: "t", scope: "hub", writes: [update("people", bob, { accounts })] });
  await court.ask();
  await court.press("bob", "approve");
  expect(textOf(await court.press("bob-at-work", "approve"))).toContain("1 of 2");
  expect((await court.row()).state).toBe("pending");
  expect((await court.row()).votes).toHaveLength(1);
});

test("the requester is excluded, also by a second account", async () => {
  const court = await convene({ excludesRequester: true });
  const { journal } = court.life();
  const ann = await journal.store.get("people", "per_ann");
  if (!ann) throw new Error("ann is missing");
  const accounts = [...ann.accounts, { account: "chat", sender: "ann-at-work" }];
  await journal.commit({ actorId: "t", scope: "hub", writes: [update("people", ann, { accounts })] });
  await court.ask();
  for (const sender of ["ann", "ann-at-work"])
    expect(textOf(await court.press(sender, "approve"))).toContain("somebody else than who asked for it decides this");
  expect((await court.row()).state).toBe("pending");
  await court.press("bob", "approve");
  expect(court.agent.answers).toMatchObject([{ approved: true }]);
});

test("a vote whose giver has lost the role meanwhile does not count", async () => {
  const court = await convene(TWO);
  await court.ask();
  await court.press("bob", "approve");
  const { journal } = court.life();
  const bob = await journal.store.get("people", "per_bob");
  if (bob) await journal.commit({ actorId: "t", scope: "hub", writes: [update("people", bob, { roles: ["operator"] })] });
  expect(textOf(await court.press("cid", "approve"))).toContain("1 of 2");
  expect((await court.row()).state).toBe("pending");
  await court.press("ann", "approve");
  expect((await court.row()).decider).toBe("cid and ann");
});

test("one against it is not enough where two are needed; a vote can be changed and withdrawn until the end", async () => {
  const court = await convene(TWO);
  await court.ask();
  await court.press("bob", "deny");
  expect(textOf(await court.press("cid", "approve"))).toContain("1 of 2, 1 of 2 against it");
  expect(textOf(await court.press("cid", "withdraw"))).toMatch(/is withdrawn\.$/);
  expect((await court.row()).votes).toMatchObject([{ personId: "per_bob", verdict: "deny" }]);
  await court.press("cid", "deny");
  expect(await court.row()).toMatchObject({ state: "denied", decider: "bob and cid" });
  expect(textOf(await court.press("cid", "withdraw"))).toContain("denied");
});

test("critical red takes the typed code: a press asks for it, a wrong one asks again", async () => {
  const court = await convene({});
  const { code } = await court.ask({ tool: "execute", action: { command: "rm -rf /data" } });
  expect(await court.press("bob", "approve")).toMatchObject({ type: "openForm", form: { fields: [{ name: "code" }] } });
  const values = (typed: string) => ({ values: { code: typed } }) as Partial<PersonEvent>;
  expect(await court.press("bob", "approve", values("AAA-AAA"))).toMatchObject({ type: "openForm" });
  expect((await court.row()).state).toBe("pending");
  await court.press("bob", "approve", values(code.toLowerCase()));
  expect((await court.row()).decider).toBe("bob");
});

test("a denial is never typed", async () => {
  const court = await convene({});
  await court.ask({ tool: "execute", action: { command: "rm -rf /data" } });
  await court.press("bob", "deny");
  expect((await court.row()).state).toBe("denied");
});

test("when nobody decides, the chats of the escalation hear of it, once, also over a restart", async () => {
  const court = await convene({ escalation: { afterMs: 600_000, chats: [{ account: "chat", chat: "boss" }] } });
  await court.ask();
  const heard = () => court.chat.calls.filter(({ chatId }) => chatId === "boss").length;
  await court.clock.tick(590_000);
  expect(heard()).toBe(0);
  await court.restart();
  await court.clock.tick(20_000);
  expect(heard()).toBe(1);
  await court.restart();
  await court.clock.tick(600_000);
  expect(heard()).toBe(1);
  await court.press("bob", "approve");
  expect(court.cards().map(({ state }) => state)).toEqual(["approved", "approved"]);
});

test("the next chat of a fallback order hears of it when the one before cannot be reached, and else does not", async () => {
  for (const isDown of [true, false]) {
    const chats = ["first", "second"].map((chat) => ({ account: "chat", chat }));
    const court = await convene({ chats, isFallback: true });
    court.chat.script = ({ chatId }) =>
      isDown && chatId === "first"
        ? { delivered: false, outcome: "not_sent", error: "away", verdict: { do: "retry" } }
        : { delivered: true };
    await court.ask();
    await court.clock.tick(70_000);
    expect(court.chat.calls.some(({ chatId }) => chatId === "second")).toBe(isDown);
  }
});

test("is expired at its very millisecond, and not one before", async () => {
  const court = await convene({ expiryMs: 60_000 });
  const { expiresAt } = await court.ask();
  await court.clock.tick(expiresAt - court.clock.now() - 1);
  expect((await court.row()).state).toBe("pending");
  await court.clock.tick(1);
  expect((await court.row()).state).toBe("expired");
  expect(textOf(await court.press("bob", "approve"))).toContain("expired");
});
