import { afterEach, beforeEach, expect, test } from "vitest";
import { writtenHead } from "../../../src/audit/export.ts";
import { verifyAudit } from "../../../src/audit/verify.ts";
import { audit } from "../../../src/contract/store.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

const DAY_MS = 86_400_000;

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench({ settings: { auditHeadTo: { account: "chat", chat: "watch" } } });
});
afterEach(() => bench.file.dispose());

const told = (): string[] => bench.chat.calls.flatMap(({ chatId, text }) => (chatId === "watch" ? [text] : []));
/** Until the first millisecond of the next day, UTC. */
async function nextDay(): Promise<void> {
  await bench.clock.tick(DAY_MS - (bench.clock.now() % DAY_MS));
  await bench.clock.settled();
}

test("the log's head is told once a day, also over restarts, and shows later that the log's end is missing", async () => {
  await nextDay();
  const before = told().length;
  await bench.restart();
  await bench.clock.tick(3_600_000);
  expect(told()).toHaveLength(before);
  const { journal } = bench.life();
  await journal.commit({ actorId: "hub", scope: "hub", writes: [audit("tested", "s", {})] });
  await nextDay();
  expect(told()).toHaveLength(before + 1);

  const [, written] = /verify --head (\S+)`/.exec(told().at(-1) ?? "") ?? [];
  const head = writtenHead.parse(written);
  expect(await verifyAudit(journal.store as never, { head })).toMatchObject({ ok: true });
  expect(await verifyAudit(journal.store as never, { head: { ...head, number: head.number + 1 } })).toMatchObject({
    ok: false,
    why: "cut",
  });
});

test("a death between the message and its mark is none: both are one unit", async () => {
  const before = told().length;
  bench.life().dieAt("before", (write) => "table" in write && write.table === "kv");
  await nextDay();
  await bench.restart();
  await bench.clock.tick(1000);
  expect(told()).toHaveLength(before + 1);
  bench.life().dieAt("after", (write) => "table" in write && write.table === "kv");
  await nextDay();
  await bench.restart();
  await bench.clock.tick(1000);
  expect(told()).toHaveLength(before + 2);
});
