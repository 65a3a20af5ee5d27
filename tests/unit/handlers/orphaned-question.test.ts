/** A question whose asker died: asked again it is the same one, and its answer is not lost. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Row } from "../../../src/contract/tables.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench();
  await bench.say("work");
});
afterEach(() => bench.file.dispose());

const ask = { text: "How many?", fields: [{ name: "n", label: "Number", kind: "number" as const, required: true }] };
const question = (requestId: string, epoch: string, text: string = ask.text) => ({
  type: "question" as const,
  ask: { ...ask, text },
  handle: { requestId, epoch },
});
const questions = (): Promise<Row<"approvals">[]> => bench.life().journal.store.find("approvals", { where: { kind: "question" } });

async function diesAndComesBack(): Promise<void> {
  await bench.agent.report("work", { type: "ask_withdrawn", handle: { requestId: "r1", epoch: "1" }, because: "agent_died" });
  await bench.agent.end("work", "lost");
  await bench.clock.settled();
}

test("asked again while it waits, it is one question, and its answer reaches the living asker", async () => {
  await bench.agent.report("work", question("r1", "1"));
  await diesAndComesBack();
  await bench.agent.report("work", question("r2", "2"));
  expect(await questions()).toHaveLength(1);
  await bench.say("4");
  expect(bench.agent.answers.at(-1)).toMatchObject({ type: "question", values: { n: 4 } });
  expect((await questions())[0]).toMatchObject({ state: "answered", waiting: [] });
});

test("answered while nobody waited, it is answered at once when it is asked again", async () => {
  await bench.agent.report("work", question("r1", "1"));
  bench.agent.asksStill = false;
  await diesAndComesBack();
  await bench.say("4");
  bench.agent.asksStill = true;
  await bench.agent.report("work", question("r2", "2"));
  expect(bench.agent.answers.at(-1)).toMatchObject({ handle: { requestId: "r2", epoch: "2" }, values: { n: 4 } });
  expect(await questions()).toHaveLength(1);
});

test("another question is another one", async () => {
  await bench.agent.report("work", question("r1", "1"), question("r2", "1", "How few?"));
  expect(await questions()).toHaveLength(2);
});
