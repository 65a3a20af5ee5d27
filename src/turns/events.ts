/**
 * What an orchestrator reports, on its way to the handlers: in order per session, text gathered into blocks, progress gathered into
 * one change of its card. Invariant: a card or the end of a turn never overtakes words that came before it.
 */
import type { Clock } from "../clock.ts";
import type { HandlerEvent, ProgressReports } from "../contract/handler.ts";
import type { SessionEvent } from "../contract/orchestrator.ts";
import type { Row } from "../contract/tables.ts";
import type { Serial } from "../serial.ts";
import type { Journal } from "../store/journal.ts";
import type { End } from "./runner.ts";
import type { Show } from "./show.ts";
import { borderWithin, createTurnText, type TurnText } from "./text.ts";

export interface EventsParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly lanes: Serial;
  /** The turn a session works on just now. */
  readonly current: (session: string) => string | undefined;
  readonly handle: (
    session: Row<"sessions">,
    turn: Row<"turns"> | undefined,
    said: { readonly event: HandlerEvent; readonly eventId?: string | undefined },
  ) => Promise<void>;
  readonly ended: (turnId: string, end: End) => void;
  /** Where an end begins that may be the beginning of a secret: it waits for the words after it. */
  readonly heldFrom: (text: string) => number;
  /** Shows the growing block of a turn where the platform can. */
  readonly show: Pick<Show, "grow" | "complete">;
}

/** Takes one event; resolves when what must be durable of it is on disk. */
export type ReceiveEvent = (event: SessionEvent) => Promise<void>;

/** A progress card changes at most this often; a person cannot read faster, and every change costs the platform's pace. */
const PROGRESS_EVERY_MS = 500;

/** A block that outgrows a message goes on in the next one so often in one turn; then its end is waited for. */
const MOST_CUTS = 4;

/** What the agent says on its own is complete after this long without another word. */
const QUIET_MS = 1500;

interface Open {
  readonly turnId: string | undefined;
  readonly text: TurnText;
  reports: ProgressReports["reports"][number][];
  plan: ProgressReports["plan"];
  progressAt: number;
  progressTimer: (() => void) | undefined;
  cuts: number;
  quietTimer: (() => void) | undefined;
}

export function createEvents({ journal, clock, lanes, current, handle, ended, heldFrom, show }: EventsParts): ReceiveEvent {
  const open = new Map<string, Open>();

  return ({ session, turnId, eventId, event }) =>
    lanes.run(`events/${session}`, () => receive(session, turnId ?? current(session), { event, eventId }));

  async function receive(
    session: string,
    turnId: string | undefined,
    { event, eventId }: Pick<SessionEvent, "event" | "eventId">,
  ): Promise<void> {
    const state = await stateOf(session, turnId);
    switch (event.type) {
      case "text_delta":
        state.text.append(event.text);
        return turnId === undefined ? flushSoon(session, state) : undefined;
      case "tool":
      case "subagent":
        state.text.pause();
        state.reports.push({ kind: event.type, id: event.id, title: event.title, state: event.state, summary: event.summary });
        return progressSoon(session, state);
      case "plan":
        state.text.pause();
        state.plan = event.steps;
        return progressSoon(session, state);
      case "usage":
      case "budget":
        return pass(session, state, { event, eventId });
      case "turn_end":
        try {
          await flush(session, state, "end");
        } finally {
          open.delete(session);
          ended(event.turnId, event);
        }
        return;
      default:
        await flush(session, state);
        return pass(session, state, { event, eventId });
    }
  }

  /** What another turn, or the agent on its own, had said so far comes first. */
  async function stateOf(session: string, turnId: string | undefined): Promise<Open> {
    const known = open.get(session);
    if (known && known.turnId === turnId) return known;
    if (known) await flush(session, known, "end");
    const fresh: Open = {
      turnId,
      text: createTurnText(clock, (text) => turnId !== undefined && show.grow(turnId, text, (fits) => goOn(session, fresh, fits))),
      reports: [],
      plan: undefined,
      progressAt: 0,
      progressTimer: undefined,
      cuts: 0,
      quietTimer: undefined,
    };
    open.set(session, fresh);
    return fresh;
  }

  /** The block has outgrown one message: what fits is complete, the rest begins the next. */
  function goOn(session: string, state: Open, fits: (head: string) => boolean): void {
    if (open.get(session) !== state || state.cuts >= MOST_CUTS) return;
    const cut = (text: string): number => {
      const end = heldFrom(text.slice(0, borderWithin(text, fits)));
      if (end > 0) state.cuts += 1;
      return end;
    };
    void lanes.run(`events/${session}`, () => flush(session, state, cut)).catch(() => {});
  }

  /** Outside a turn nothing says that the words are complete, so a pause has to. */
  function flushSoon(session: string, state: Open): void {
    state.quietTimer?.();
    state.quietTimer = clock.setTimer(
      QUIET_MS,
      () => void lanes.run(`events/${session}`, () => flush(session, state, "end")).catch(() => {}),
    );
  }

  /** `cut` says where the block ends; at the end, behind which no word follows, nothing is held back. */
  async function flush(session: string, state: Open, cut: "end" | ((text: string) => number) = heldFrom): Promise<void> {
    state.quietTimer?.();
    await progressNow(session, state);
    const text = state.text.take(cut === "end" ? undefined : cut);
    if (state.turnId !== undefined && (text !== undefined || cut === "end")) await show.complete(state.turnId);
    if (text !== undefined) await passWords(session, state, { type: "text", text });
  }

  function progressSoon(session: string, state: Open): void {
    if (state.progressTimer) return;
    const wait = Math.max(0, state.progressAt + PROGRESS_EVERY_MS - clock.now());
    state.progressTimer = clock.setTimer(
      wait,
      () => void lanes.run(`events/${session}`, () => progressNow(session, state)).catch(() => {}),
    );
  }

  async function progressNow(session: string, state: Open): Promise<void> {
    state.progressTimer?.();
    state.progressTimer = undefined;
    if (state.reports.length === 0 && state.plan === undefined) return;
    const { reports, plan } = state;
    state.reports = [];
    state.plan = undefined;
    state.progressAt = clock.now();
    await passWords(session, state, { type: "progress", reports, plan });
  }

  /** What cannot be shown has been said so, and keeps nothing after it from its way. */
  async function passWords(session: string, state: Open, event: HandlerEvent): Promise<void> {
    await pass(session, state, { event }).catch(() => {});
  }

  async function pass(
    session: string,
    state: Open,
    said: { readonly event: HandlerEvent; readonly eventId?: string | undefined },
  ): Promise<void> {
    const row = await journal.store.get("sessions", session);
    if (!row) return;
    await handle(row, state.turnId === undefined ? undefined : await journal.store.get("turns", state.turnId), said);
  }
}
