import { afterEach, describe, expect, test } from "vitest";
import type { ConnectorLimits } from "../../../src/contract/connector.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { DELIVERED } from "../../support/recording-connector.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());

const limits = (pace?: ConnectorLimits["pace"]): ConnectorLimits => ({
  text: { max: 1000, unit: "utf16" },
  countsAsEvent: ["send", "edit", "reaction", "typing"],
  typingMs: 5000,
  pace,
});

describe("typing", () => {
  test("is kept alive while a turn works, until its words can be seen, and ends with it", async () => {
    const typed: number[] = [];
    bench = await createHubBench({ can: { edit: true, typing: async () => void typed.push(bench.clock.now()) }, limits: limits() });
    await bench.say("work");
    expect(typed).toHaveLength(1);
    await bench.clock.tick(12_000);
    expect(typed.slice(1).map((at, index) => at - (typed[index] ?? 0))).toEqual([4000, 4000, 4000]);
    await bench.agent.report("work", { type: "text_delta", text: "so far " });
    await bench.clock.tick(12_000);
    expect(typed).toHaveLength(4);
    await bench.agent.end("work");
    await bench.clock.tick(60_000);
    expect(typed).toHaveLength(4);
  });

  test("takes no more than half of the pace, and one that fails or hangs harms nothing", async () => {
    let typed = 0;
    const typing = (): Promise<void> => (++typed % 2 === 0 ? Promise.reject(new Error("no")) : new Promise(() => {}));
    bench = await createHubBench({ can: { typing }, limits: limits({ perChat: { count: 2, windowMs: 60_000 } }) });
    await bench.say("work");
    await bench.clock.tick(240_000);
    expect(typed).toBeLessThanOrEqual(5);
    await bench.agent.report("work", { type: "text", text: "answer" });
    await bench.agent.end("work");
    await bench.clock.tick(60_000);
    expect(bench.chat.shown).toEqual(["answer"]);
  });
});

describe("a message that has to wait", () => {
  test("gets a reaction at once, the connector's own where it has one", async () => {
    const reactions: string[] = [];
    const react = async (_place: object, { messageId }: { messageId: string }, emoji: string) => (
      reactions.push(`${messageId} ${emoji}`),
      DELIVERED
    );
    bench = await createHubBench({ can: { react, seenEmoji: "👍" }, limits: limits() });
    await bench.say("one");
    await bench.say("two");
    expect(reactions).toEqual(["e2 👍"]);
  });

  test("gets it later where the pace is used up, and never when it is too late for that", async () => {
    const reactions: number[] = [];
    const react = async () => (reactions.push(bench.clock.now()), DELIVERED);
    bench = await createHubBench({ can: { react }, limits: limits({ perChat: { count: 1, windowMs: 3000 } }) });
    await bench.say("one");
    await bench.say("two");
    await bench.say("three");
    await bench.clock.tick(60_000);
    expect(reactions.length).toBeGreaterThanOrEqual(1);
    expect(bench.chat.shown.filter((text) => text.startsWith("Queued"))).toHaveLength(2);
  });
});
