/** What a life of the hub that was killed left half done, taken up by the next. */
import { afterEach, expect, test } from "vitest";
import { createHubBench, type HubBench } from "../support/hub-bench.ts";
import { DELIVERED } from "../support/recording-connector.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());

test("in none of many threads an answer whose sending was interrupted is overtaken by what came after it", async () => {
  bench = await createHubBench({ reconciles: true });
  const threads = ["t1", "t2", "t3", "t4"];
  bench.chat.script = () => new Promise(() => {});
  for (const thread of threads) {
    await bench.say(`hello in ${thread}`, thread);
    await bench.agent.report(`hello in ${thread}`, { type: "text", text: `answer in ${thread}` });
    await bench.agent.end(`hello in ${thread}`);
    await bench.clock.settled();
  }
  const overtaken: string[] = [];
  bench.chat.script = ({ trace, text }) => {
    if (bench.chat.ends.includes(`${trace} done`)) overtaken.push(text);
    return DELIVERED;
  };
  await bench.restart();
  await bench.clock.tick(60_000);
  expect(bench.chat.shown.toSorted()).toEqual(threads.map((thread) => `answer in ${thread}`));
  expect(overtaken).toEqual([]);
});
