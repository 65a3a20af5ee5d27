/** An orchestrator that does what the test says, event by event. */
import type { SessionKey } from "../../src/contract/ids.ts";
import type {
  Answer,
  DeliverOutcome,
  OpenedSession,
  OrchestratorDriver,
  OrchestratorEvent,
  SessionEvent,
  Turn,
  TurnOutcome,
} from "../../src/contract/orchestrator.ts";

export interface ScriptedDriver extends OrchestratorDriver {
  /** Every turn it was given. */
  readonly turns: Turn[];
  readonly cancelled: SessionKey[];
  readonly answers: Answer[];
  opens: () => Promise<OpenedSession>;
  takes: (turn: Turn) => Promise<DeliverOutcome>;
  /** Absent, as it is at first: it cannot. */
  steer?: (turn: Turn) => Promise<DeliverOutcome>;
  /** Whether the asker of an answer still lives. */
  asksStill: boolean;
  /** Reports events of the latest turn that says `text`, in order, each after the hub has taken the one before. */
  report(text: string, ...events: OrchestratorEvent[]): Promise<void>;
  end(text: string, outcome?: TurnOutcome): Promise<void>;
  forgetListeners(): void;
}

export function createScriptedDriver(): ScriptedDriver {
  const listeners = new Set<(event: SessionEvent) => Promise<void>>();
  const emit = async (event: SessionEvent): Promise<void> => {
    for (const listener of listeners) await listener(event);
  };
  const turnOf = (text: string): Turn => {
    const turn = driver.turns.findLast((candidate) => candidate.text.includes(text));
    if (!turn) throw new Error(`no turn says "${text}"; there were: ${driver.turns.map((each) => each.text).join(" | ")}`);
    return turn;
  };
  const driver: ScriptedDriver = {
    driver: "scripted",
    turns: [],
    cancelled: [],
    answers: [],
    asksStill: true,
    opens: async () => ({ how: "new" }),
    takes: async () => ({ outcome: "accepted" }),
    open: () => driver.opens(),
    async deliver(turn) {
      driver.turns.push(turn);
      return driver.takes(turn);
    },
    cancel: async (session) => void driver.cancelled.push(session),
    async answer(answer) {
      driver.answers.push(answer);
      return driver.asksStill;
    },
    async report(text, ...events) {
      const { session, turnId } = turnOf(text);
      for (const event of events) await emit({ session, turnId, event });
    },
    async end(text, outcome = "done") {
      await driver.report(text, { type: "turn_end", turnId: turnOf(text).turnId, outcome });
    },
    forgetListeners: () => listeners.clear(),
    onEvent(handler) {
      listeners.add(handler);
      return () => listeners.delete(handler);
    },
    health: async () => ({ answered: true }),
    close: async () => {},
  };
  return driver;
}
