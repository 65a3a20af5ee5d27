import { afterEach, expect, test } from "vitest";
import type { Powers } from "../../../src/contract/connector.ts";
import type { OutboundMessage } from "../../../src/contract/message.ts";
import type { QuestionAsk } from "../../../src/contract/orchestrator.ts";
import { type BenchOptions, createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { DELIVERED, notSent } from "../../support/recording-connector.ts";

let bench: HubBench;
let arrived: OutboundMessage[];
/** What the platform does not take just now. */
let refuses: (message: OutboundMessage) => boolean;
afterEach(() => bench.file.dispose());

const SECOND_MS = 1000;
const LOSES: Powers = { edit: true, ask: true, losesPresses: true };
const ask = { title: "Delete all", action: { command: "rm" }, tool: "delete" };
const handle = (requestId: string) => ({ requestId, epoch: "1" });
const question: QuestionAsk = { text: "Which colour?", fields: [{ name: "colour", label: "Which?", kind: "text", required: true }] };
const TWO: BenchOptions["approvals"] = { policies: [{ name: "two", when: {}, demands: { quorum: 2 } }] };

async function begin(can: Powers, rules?: BenchOptions["approvals"]): Promise<void> {
  bench = await createHubBench({ can, ...(rules ? { approvals: rules } : {}) });
  [arrived, refuses] = [[], () => false];
  bench.chat.script = (message) => {
    if (refuses(message)) return notSent({ do: "retry" });
    arrived.push(message);
    return DELIVERED;
  };
}

/** An approval is asked in the thread of a turn. */
async function asked(can: Powers = LOSES, rules?: BenchOptions["approvals"]): Promise<void> {
  await begin(can, rules);
  await work();
}

async function work(): Promise<void> {
  await bench.say("work", "t1");
  await bench.agent.report("work", { type: "approval_request", ask, handle: handle("r1") });
  await bench.clock.settled();
}

async function away(ms: number): Promise<void> {
  bench.life().die();
  await bench.clock.tick(ms);
  await bench.restart();
}

/** What stands in the chat about these requests. */
function seen(): { readonly id: string; readonly text: string; readonly isLive: boolean }[] {
  const messages = new Map<string, { id: string; text: string; isLive: boolean }>();
  for (const [at, { text, card, edits }] of arrived.entries()) {
    const id = edits?.messageId ?? `m${at + 1}`;
    const isLive = (card?.type === "approval" || card?.type === "question") && card.state === "pending";
    messages.set(id, { id, text, isLive });
  }
  return [...messages.values()].filter(({ text }) => /Delete all|Which colour/.test(text));
}
const live = () => seen().filter(({ isLive }) => isLive);
const codeOf = async () => (await bench.life().journal.store.find("approvals"))[0]?.code ?? "";
const decide = async () => bench.say(`approve ${await codeOf()}`, "t1");

test("after a gap a card that waits is asked again below, and the former one says so and has nothing to press", async () => {
  await asked();
  const [former] = live();
  await away(30 * SECOND_MS);
  expect(live()).toHaveLength(1);
  expect(live()[0]?.id).not.toBe(former?.id);
  expect(seen().find(({ id }) => id === former?.id)?.text).toMatch(/^\*\*Delete all\*\*\n\nI was away.*asked again below\.$/);
  await decide();
  expect(live()).toEqual([]);
  expect(seen().filter(({ text }) => text.includes("Approved by"))).toHaveLength(1);
});

test("a question too, as it stands now; what is decided is not", async () => {
  await asked();
  await bench.agent.report("work", { type: "question", ask: question, handle: handle("q1") });
  await bench.clock.settled();
  await decide();
  await away(30 * SECOND_MS);
  expect(live().map(({ text }) => text)).toEqual([expect.stringContaining("Which colour?")]);
  expect(seen().filter(({ text }) => text.includes("asked again"))).toHaveLength(1);
});

test("the votes so far are on the new one", async () => {
  await asked(LOSES, TWO);
  await decide();
  await away(30 * SECOND_MS);
  expect(live().map(({ text }) => text)).toEqual([expect.stringContaining("1 of 2: ")]);
});

test.each([
  ["the gap is short", LOSES, 3 * SECOND_MS],
  ["the platform keeps what is pressed", { edit: true, ask: true } as Powers, 600 * SECOND_MS],
])("nothing is asked again where %s", async (_why, can, ms) => {
  await asked(can);
  const former = live();
  await away(ms);
  expect([live(), seen().filter(({ text }) => text.includes("asked again"))]).toEqual([former, []]);
});

test("a gap within one life counts as well, and a short one does not", async () => {
  await asked();
  const { accounts } = bench.life().hub;
  accounts.caughtUp("chat", { fetched: 0, awayMs: 2 * SECOND_MS });
  await bench.clock.settled();
  expect(seen()).toHaveLength(1);
  accounts.caughtUp("chat", { fetched: 0, awayMs: 20 * SECOND_MS });
  await bench.clock.settled();
  expect([seen().length, live().length]).toEqual([2, 1]);
});

test.each(["before", "after"] as const)("the process dies %s that is on record: once for the gap", async (when) => {
  await asked();
  bench.life().die();
  await bench.clock.tick(30 * SECOND_MS);
  await bench.restart();
  expect(seen()).toHaveLength(2);
  bench.life().hub.accounts.caughtUp("chat", { fetched: 0, awayMs: 1 });
  bench.life().dieAt(when, (write) => write.op === "update" && write.table === "copies");
  bench.life().hub.accounts.caughtUp("chat", { fetched: 0, awayMs: 20 * SECOND_MS });
  await bench.clock.settled();
  expect(seen()).toHaveLength(2);
  await bench.clock.tick(when === "before" ? 20 * SECOND_MS : 0);
  await bench.restart();
  expect([seen().length, live().length]).toEqual([3, 1]);
});

test("a card that has not left is sent once", async () => {
  await begin(LOSES);
  refuses = ({ card }) => card !== undefined;
  await work();
  refuses = () => false;
  await away(60 * SECOND_MS);
  await bench.clock.tick(60 * SECOND_MS);
  expect(seen().map(({ isLive }) => isLive)).toEqual([true]);
});

test("a change of the former card that still waits does not keep the decision from the new one", async () => {
  await asked(LOSES, TWO);
  refuses = ({ edits }) => edits !== undefined;
  await decide();
  await away(30 * SECOND_MS);
  await bench.say(`deny ${await codeOf()}`, "t1");
  refuses = () => false;
  await bench.clock.tick(600 * SECOND_MS);
  expect(live()).toEqual([]);
  expect(seen().map(({ text }) => text)).toEqual([expect.stringContaining("asked again below"), expect.stringContaining("Denied by")]);
});
