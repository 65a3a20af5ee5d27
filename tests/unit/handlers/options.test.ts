/** `!options` and `!set`: what can be chosen of an agent, and that a choice outlives it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AgentOption } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

const OPTIONS: readonly AgentOption[] = [
  { name: "model", label: "Model", value: "small", values: [{ value: "small", label: "Small" }, { value: "large", label: "Large 9" }] },
  { name: "mode", label: "Mode", value: "ask", values: [{ value: "ask", label: "Ask" }, { value: "architect", label: "Architect" }] },
]; // prettier-ignore

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench();
});
afterEach(() => bench.file.dispose());

const last = (): string => bench.chat.shown.at(-1) ?? "";
async function talked(): Promise<void> {
  await bench.say("hello");
  await bench.agent.end("hello");
  await bench.clock.settled();
  bench.agent.options = () => OPTIONS;
}

test("before anything was said there is nothing to choose from yet", async () => {
  await bench.say("!options");
  expect(last()).toContain("Write something first");
  await bench.say("!set model large");
  expect(last()).toContain("Write something first");
});

test("lists what there is and what is chosen", async () => {
  await talked();
  await bench.say("!options");
  expect(last()).toContain("`model` Model: now `small`; there are `small` Small, `large` Large 9");
});

test.each([
  ["!set model large", "model", "large"],
  ["!set MODEL Large 9", "model", "large"],
  ["!set mod lar", undefined, undefined],
  ["!set mode arch", "mode", "architect"],
])("%s", async (typed, name, value) => {
  await talked();
  await bench.say(typed);
  const [session] = await bench.life().journal.store.find("sessions");
  expect(session?.wishes).toEqual(name === undefined ? undefined : { [name]: value });
  if (name !== undefined) expect(last()).toContain("from your next message on");
  else expect(last()).toContain("There is no option `mod`");
});

test("a choice is passed on with the next message, also in the next life of the hub", async () => {
  await talked();
  await bench.say("!set model large");
  const wishes: unknown[] = [];
  bench.agent.open = async (request) => {
    wishes.push(request.wishes);
    return { how: "resumed" };
  };
  await bench.restart();
  await bench.say("and now");
  expect(wishes).toEqual([{ model: "large" }]);
});

test("a value that is none shows those there are, and an option typed as a command says how it is set", async () => {
  await talked();
  await bench.say("!set model huge");
  expect(last()).toContain("`large` Large 9");
  await bench.say("!model large");
  expect(last()).toContain("`!set model VALUE` chooses that");
  await bench.say("!mode architect");
  expect(last()).toContain("Modes of the agent itself are among its `!options`");
});
