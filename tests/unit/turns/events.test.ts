import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSerial } from "../../../src/serial.ts";
import type { Row } from "../../../src/contract/tables.ts";
import type { SessionKey } from "../../../src/contract/ids.ts";
import type { OrchestratorEvent } from "../../../src/contract/orchestrator.ts";
import { createEvents, type ReceiveEvent } from "../../../src/turns/events.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";

const A: SessionKey = "agent:mos:chat:a";
const B: SessionKey = "agent:mos:chat:b";

let clock: HandClock;
let receive: ReceiveEvent;
/** What reached the handlers, as `turn type text`. */
let handled: string[];
let shown: string[];
let ended: string[];
let gate: Promise<void>;

beforeEach(() => {
  clock = createHandClock();
  [handled, shown, ended, gate] = [[], [], [], Promise.resolve()];
  const row = (id: string) => ({ id }) as unknown as Row<"sessions"> & Row<"turns">;
  receive = createEvents({
    journal: { store: { get: async (_table: string, id: string) => row(id) } } as never,
    clock,
    lanes: createSerial(),
    current: (session) => (session === A ? "turn-a" : undefined),
    async handle(_session, turn, { event }) {
      await gate;
      const words =
        "text" in event ? event.text : event.type === "progress" ? event.reports.map(({ id, state }) => `${id}:${state}`).join() : "";
      handled.push(`${turn?.id ?? "-"} ${event.type} ${words}`.trim());
    },
    ended: (turnId, { outcome }) => void ended.push(`${turnId} ${outcome}`),
    heldFrom: (text) => text.length,
    show: { grow: (_turnId, text) => void shown.push(text), complete: async () => {} },
  });
});
afterEach(() => clock.settled());

const from = async (session: SessionKey, turnId: string | undefined, ...events: OrchestratorEvent[]): Promise<void> => {
  for (const event of events) await receive({ session, turnId, event });
};
const delta = (text: string): OrchestratorEvent => ({ type: "text_delta", text });
const tool = (id: string, state: "running" | "done" = "running"): OrchestratorEvent => ({ type: "tool", id, state });
const end = (turnId: string): OrchestratorEvent => ({ type: "turn_end", turnId, outcome: "done" });

describe("text", () => {
  test("is gathered into one block, told before the end", async () => {
    await from(A, "turn-a", delta("one "), delta("two "), delta("three"));
    expect(handled).toEqual([]);
    await from(A, "turn-a", end("turn-a"));
    expect([handled, ended]).toEqual([["turn-a text one two three"], ["turn-a done"]]);
  });

  test("comes before a card that follows it, and begins a paragraph after a tool", async () => {
    await from(
      A,
      "turn-a",
      delta("before"),
      { type: "notice", level: "info", text: "card" },
      delta("one"),
      tool("t"),
      delta("two"),
      end("turn-a"),
    );
    expect(handled).toEqual(["turn-a text before", "turn-a notice card", "turn-a progress t:running", "turn-a text one\n\ntwo"]);
  });

  test("white space alone is no block", async () => {
    await from(A, "turn-a", delta("\n "), end("turn-a"));
    expect(handled).toEqual([]);
  });

  test("is shown as it grows, ten times a second at most", async () => {
    await from(A, "turn-a", delta("a"));
    await clock.tick(0);
    for (let each = 0; each < 50; each += 1) {
      await from(A, "turn-a", delta("b"));
      await clock.tick(10);
    }
    expect(shown[0]).toBe("a");
    expect(shown.length).toBeLessThanOrEqual(6);
    expect(shown.at(-1)?.length).toBeGreaterThan(40);
  });

  test("of an earlier turn is not lost when the next begins", async () => {
    await from(A, "turn-1", delta("left over"));
    await from(A, "turn-2", delta("new"), end("turn-2"));
    expect(handled).toEqual(["turn-1 text left over", "turn-2 text new"]);
  });

  test("said outside any turn is complete after a pause", async () => {
    await from(B, undefined, delta("by "));
    await clock.tick(1000);
    await from(B, undefined, delta("myself"));
    await clock.tick(1000);
    expect(handled).toEqual([]);
    await clock.tick(500);
    expect(handled).toEqual(["- text by myself"]);
  });

  test("within a turn a pause ends nothing", async () => {
    await from(A, "turn-a", delta("thinking "));
    await clock.tick(60_000);
    await from(A, "turn-a", delta("long"), end("turn-a"));
    expect(handled).toEqual(["turn-a text thinking long"]);
  });
});

describe("progress", () => {
  test("is told at once, and what comes meanwhile together half a second later", async () => {
    await from(A, "turn-a", tool("1"));
    await clock.tick(0);
    expect(handled).toEqual(["turn-a progress 1:running"]);
    await from(A, "turn-a", tool("1", "done"), tool("2"), tool("3"));
    await clock.tick(499);
    expect(handled).toHaveLength(1);
    await clock.tick(1);
    expect(handled.slice(1)).toEqual(["turn-a progress 1:done,2:running,3:running"]);
    await clock.tick(5000);
    expect(handled).toHaveLength(2);
  });

  test("that waits is told before the turn ends, and not after", async () => {
    await from(A, "turn-a", tool("1"));
    await clock.tick(0);
    await from(A, "turn-a", tool("2"), end("turn-a"));
    await clock.tick(5000);
    expect(handled).toEqual(["turn-a progress 1:running", "turn-a progress 2:running"]);
  });
});

test("order is kept within a session while a handler is slow, and other sessions do not wait", async () => {
  let open = (): void => {};
  gate = new Promise((resolve) => (open = resolve));
  const slow = from(A, "turn-a", { type: "text", text: "one" }, { type: "text", text: "two" });
  await clock.settled();
  gate = Promise.resolve();
  await from(B, undefined, { type: "text", text: "other" });
  expect(handled).toEqual(["- text other"]);
  open();
  await slow;
  expect(handled.slice(1)).toEqual(["turn-a text one", "turn-a text two"]);
});

test("what names no turn belongs to the running one", async () => {
  await from(A, undefined, { type: "text", text: "one" });
  expect(handled).toEqual(["turn-a text one"]);
});

test("a turn whose last words could not be handled ends all the same", async () => {
  gate = Promise.reject(new Error("bug"));
  gate.catch(() => {});
  await from(A, "turn-a", delta("words"), end("turn-a"));
  expect(ended).toEqual(["turn-a done"]);
});
