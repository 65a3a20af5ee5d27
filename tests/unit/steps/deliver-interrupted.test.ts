import { afterEach, describe, expect, test } from "vitest";
import type { Connector, ConnectorLimits } from "../../../src/contract/connector.ts";
import { say } from "../../../src/contract/handler.ts";
import { createDeliveryBench, type DeliveryBench } from "../../support/delivery-bench.ts";
import { createRecordingConnector, DELIVERED, unanswered } from "../../support/recording-connector.ts";

let bench: DeliveryBench | undefined;
afterEach(async () => bench?.dispose());

async function setUp(connectors: Readonly<Record<string, Connector>>): Promise<DeliveryBench> {
  bench = await createDeliveryBench(connectors);
  return bench;
}

describe("several parts", () => {
  const narrow: ConnectorLimits = { text: { max: 40, unit: "utf16" }, countsAsEvent: ["send"] };
  const long = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda my";

  test.each([true, false])(
    "the process dies after the second left: none is lost or sent twice unseen (platform can look: %s)",
    async (reconciles) => {
      const chat = createRecordingConnector({ limits: narrow, reconciles });
      const { queue, life, restart, clock } = await setUp({ chat });
      chat.script = () => {
        if (chat.calls.length === 2) life().die();
        return DELIVERED;
      };
      await queue(long);
      await restart();
      await clock.tick(10_000);
      const marked = chat.shown.filter((text) => text.startsWith("(may be a duplicate)\n"));
      expect(marked).toHaveLength(reconciles ? 0 : 1);
      if (!reconciles) expect(marked[0]).toBe(`(may be a duplicate)\n${chat.shown[1]}`);
      expect(chat.shown.filter((text) => !marked.includes(text)).join("")).toBe(long);
    },
  );

  test("the process dies before the second left: it is not taken for the first", async () => {
    const chat = createRecordingConnector({ limits: narrow, reconciles: true });
    const { queue, life, restart, clock } = await setUp({ chat });
    chat.script = () => {
      if (chat.calls.length !== 2) return DELIVERED;
      life().die();
      return unanswered(false);
    };
    await queue(long);
    await restart();
    await clock.tick(10_000);
    expect(chat.shown.join("")).toBe(long);
  });
});

describe("an outcome nobody knows", () => {
  test("is looked up where that is possible: what arrived is not sent again, what did not is", async () => {
    const chat = createRecordingConnector({ reconciles: true });
    const { queue, clock } = await setUp({ chat });
    chat.script = ({ text }) => (chat.calls.filter((call) => call.text === text).length === 1 ? unanswered(text === "arrived") : DELIVERED);
    await queue("arrived", "vanished");
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["arrived", "vanished"]);
  });

  test("where nothing can be looked up, it is sent again with a mark, one mark, and progress is dropped", async () => {
    const chat = createRecordingConnector();
    const { queue, clock, row } = await setUp({ chat });
    chat.script = ({ text }) => (chat.calls.filter((call) => call.text.endsWith(text.slice(-5))).length < 3 ? unanswered(true) : DELIVERED);
    await queue({ text: "reply" }, { text: "step 1", urgency: "progress" });
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["reply", "(may be a duplicate)\nreply", "(may be a duplicate)\nreply", "step 1"]);
    expect((await row("step 1")).state).toBe("failed");
  });

  test("a change in place is simply made again", async () => {
    const chat = createRecordingConnector({ can: { edit: true } });
    const { write, clock } = await setUp({ chat });
    chat.script = () => (chat.calls.length === 2 ? unanswered(true) : DELIVERED);
    const at = { address: { account: "chat", chat: "home" }, trace: "trc_1", urgency: "progress" } as const;
    const card = say({ ...at, text: "working" });
    await write(card.write, say({ ...at, text: "done", edits: card.id }).write);
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["working", "done", "done"]);
  });

  test("is asked about at a distance, and not for ever", async () => {
    const chat = createRecordingConnector();
    const { queue, clock, row } = await setUp({ chat });
    chat.script = () => unanswered(false);
    await queue("one");
    expect(chat.calls).toHaveLength(1);
    await clock.tick(1e7);
    expect(chat.calls).toHaveLength(10);
    expect((await row("one")).state).toBe("dead");
  });

  test("a platform that cannot be asked just now is asked later; the row goes nowhere meanwhile", async () => {
    const chat = createRecordingConnector();
    let failures = 2;
    const asked: number[] = [];
    const reconcile = async (): Promise<undefined> => {
      asked.push(clock.now());
      if (failures-- > 0) throw new Error("down");
    };
    const { queue, clock } = await setUp({ chat: { ...chat, can: { reconcile } } });
    chat.script = () => (chat.calls.length === 1 ? unanswered(false) : DELIVERED);
    await queue("one", "two");
    expect(chat.calls).toHaveLength(1);
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["one", "two"]);
    expect(asked.map((at) => at - (asked[0] ?? 0))).toEqual([0, 5000, 10_000]);
  });

  test("is looked for since the first intent of all, for an earlier attempt may have arrived", async () => {
    const chat = createRecordingConnector();
    const since: string[] = [];
    const reconcile = async (_message: unknown, from: string): Promise<undefined> => void since.push(from);
    const { queue, clock } = await setUp({ chat: { ...chat, can: { reconcile } } });
    chat.script = () => (chat.calls.length < 3 ? unanswered(false) : DELIVERED);
    const first = new Date(clock.now()).toISOString();
    await queue("one");
    await clock.tick(60_000);
    expect(since).toEqual([first, first]);
  });

  test("a connector that breaks its promise and rejects may have sent", async () => {
    const chat = createRecordingConnector({ reconciles: true });
    const { queue, clock } = await setUp({ chat });
    chat.script = () => {
      if (chat.calls.length === 1) throw new Error("broken");
      return DELIVERED;
    };
    await queue("one", "two");
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["one", "two"]);
  });
});

describe("the process dies", () => {
  const dying = async (when: "before" | "after", state: string, reconciles: boolean): Promise<string[]> => {
    const chat = createRecordingConnector({ reconciles });
    const { life, queue, restart, clock } = await setUp({ chat });
    life().dieAt(when, (write) => write.op === "update" && write.table === "outbox" && "state" in write.set && write.set.state === state);
    await queue("one", "two");
    await restart();
    await clock.tick(60_000);
    return chat.shown;
  };

  test("before the intent is written: sent once", async () => expect(await dying("before", "sending", false)).toEqual(["one", "two"]));

  test("between intent and call: sent, marked where the platform cannot tell", async () => {
    expect(await dying("after", "sending", false)).toEqual(["(may be a duplicate)\none", "two"]);
    await bench?.dispose();
    expect(await dying("after", "sending", true)).toEqual(["one", "two"]);
  });

  test("between call and receipt: not sent twice, or only with its mark", async () => {
    expect(await dying("before", "sent", true)).toEqual(["one", "two"]);
    await bench?.dispose();
    expect(await dying("before", "sent", false)).toEqual(["one", "(may be a duplicate)\none", "two"]);
  });

  test("after the receipt: that was it", async () => expect(await dying("after", "sent", false)).toEqual(["one", "two"]));

  test("a start does not wait for a platform that is down", async () => {
    const chat = createRecordingConnector();
    const other = createRecordingConnector();
    const down = { ...chat, can: { reconcile: () => Promise.reject(new Error("down")) } };
    const { life, queue, restart } = await setUp({ chat: down, other });
    chat.script = () => {
      life().die();
      return DELIVERED;
    };
    await queue("one");
    await restart();
    await queue({ text: "two", account: "other" });
    expect(other.shown).toEqual(["two"]);
  });

  test("an account that is gone from the configuration keeps its rows as they are", async () => {
    const chat = createRecordingConnector();
    const connectors: Record<string, Connector> = { chat };
    const { life, queue, restart, row } = await setUp(connectors);
    life().dieAt("before", (write) => write.op === "update" && "state" in write.set && write.set.state === "sent");
    await queue("one");
    delete connectors["chat"];
    await restart();
    const kept = await row("one");
    expect(kept.state).toBe("unknown");
    expect(kept.op).toMatchObject({ message: { text: "one" } });
  });
});

describe("a full disk", () => {
  test("before the call: tried again at a distance, sent once", async () => {
    const chat = createRecordingConnector();
    const { life, queue, clock, logged } = await setUp({ chat });
    life().onCommit = async ({ writes }) => {
      if (writes.some((write) => write.op === "update")) life().full = true;
    };
    await queue("one");
    await clock.tick(3000);
    expect(chat.calls).toEqual([]);
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.length).toBeLessThan(20);
    life().onCommit = async () => {};
    life().full = false;
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["one"]);
  });

  test("after the call: the receipt is written as soon as it can be, and nothing is sent again", async () => {
    const chat = createRecordingConnector();
    const { life, queue, clock, row } = await setUp({ chat });
    chat.script = () => {
      life().full = chat.calls.length === 1;
      return DELIVERED;
    };
    await queue("one", "two");
    await clock.tick(3000);
    expect(chat.calls).toHaveLength(1);
    life().full = false;
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["one", "two"]);
    expect((await row("one")).state).toBe("sent");
  });
});

describe("a platform that knows keys and cannot be asked", () => {
  test.each([
    { afterMs: 30_000, texts: ["once", "once"], why: "the key is still known, so it shows one of them" },
    { afterMs: 90_000, texts: ["once", "(may be a duplicate)\nonce"], why: "the key may be forgotten" },
  ])("sends again after $afterMs ms: $why", async ({ afterMs, texts }) => {
    const chat = createRecordingConnector({ can: { idempotentMs: 60_000 } });
    const { queue, life, restart, clock } = await setUp({ chat });
    chat.script = () => {
      if (chat.calls.length === 1) life().die();
      return DELIVERED;
    };
    await queue("once");
    await clock.tick(afterMs);
    await restart();
    await clock.tick(10_000);
    expect(chat.calls.map(({ text }) => text)).toEqual(texts);
    expect(new Set(chat.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });
});
