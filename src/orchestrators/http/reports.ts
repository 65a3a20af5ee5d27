/**
 * What the orchestrator says, on its way to the hub: written down before it is acknowledged, handed on in the order of its session, and forgotten
 * when the hub has it on disk. Words and steps that the hub still gathers are kept until the event that completes them.
 */
import { randomUUID } from "node:crypto";
import type { ConnectorLog, Unsubscribe } from "../../contract/connector.ts";
import { HubError } from "../../contract/errors.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { OrchestratorEvent, SessionEvent } from "../../contract/orchestrator.ts";
import type { Report, Taken } from "../../contract/orchestrator-door.ts";
import { createSerial } from "../../serial.ts";
import { refuseOther } from "../../taken.ts";
import { decodeEvent, type SaidEvent } from "./decode-event.ts";
import { isUnderWay, type Records, type RememberedAsk, type SessionRecord, type TakenReport, type WaitingEvent } from "./record.ts";

/** Of one session, on the way: more is refused until the hub has caught up. */
const MOST_WAITING = 1000;
/** A report is known again by its key while it is among the latest so many. */
const MOST_KEYS = 256;
const MOST_ASKS = 200;
const LATER_SECONDS = 5;

export interface ReportsParts {
  readonly records: Records;
  readonly alias: string;
  readonly gatewayUrl: string | undefined;
  readonly log: ConnectorLog;
}

interface Saying extends Omit<Report, "events"> {
  readonly events: readonly SaidEvent[];
}

export interface Reports {
  /** See `OrchestratorDoor.report`. `digest`: of what a caller sent under a key of its choice; rejects with `key_reused` where it was another. */
  take(saying: Saying, key?: string, digest?: string): Promise<Taken>;
  /** Events that the driver itself tells, together with a change of the record. */
  add(session: SessionKey, events: readonly OrchestratorEvent[], change?: (record: SessionRecord) => SessionRecord): Promise<void>;
  onEvent(handler: (event: SessionEvent) => Promise<void>): Unsubscribe;
  close(): void;
}

export function createReports({ records, alias, gatewayUrl, log }: ReportsParts): Reports {
  const handlers = new Set<(event: SessionEvent) => Promise<void>>();
  const lanes = createSerial();
  /** How many of a session's first events were handed on and are still kept. */
  const handed = new Map<SessionKey, number>();
  let isClosed = false;

  async function take({ session, turnId, events }: Saying, key: string = randomUUID(), digest?: string): Promise<Taken> {
    if (isClosed) throw new HubError("hub_stopping");
    if (!(await records.get(session))) throw new HubError("not_found", { what: "session", id: session });
    const after = await records.change(session, (before) => {
      const taken = before.keys.find((known) => known.key === key);
      if (taken) refuseOther(taken, digest);
      if (taken) return before;
      if (before.events.length + events.length > MOST_WAITING) throw new HubError("too_many_requests", { seconds: LATER_SECONDS });
      return withReport(before, { session, turnId, events }, { key, digest });
    });
    handOn(session);
    const { asks = [], canvases = [] } = after.keys.find((known) => known.key === key) ?? {};
    return { asks, ...(canvases.length > 0 ? { canvases } : {}) };
  }

  function withReport(
    before: SessionRecord,
    { session, turnId: named, events }: Saying,
    { key, digest }: Pick<TakenReport, "key" | "digest">,
  ): SessionRecord {
    let record = before;
    const asks: RememberedAsk[] = [];
    const canvases: string[] = [];
    for (const [index, posted] of events.entries()) {
      const live = isUnderWay(record) && (named ?? record.turn?.id) === record.turn?.id ? record.turn?.id : undefined;
      const id = `${session}/${key}/${index}`;
      const decoded = decodeEvent(posted, id, { session, turnId: live, alias, gatewayUrl });
      if (!decoded) continue;
      if (decoded.ask) asks.push({ ...decoded.ask, turnId: live, isAnswered: false });
      if (decoded.canvasId !== undefined) canvases.push(decoded.canvasId);
      record = withEvent(record, { id, turnId: live, event: decoded.event });
    }
    return {
      ...record,
      keys: [...record.keys, { key, digest, asks: asks.map(({ id }) => id), canvases }].slice(-MOST_KEYS),
      asks: [...record.asks, ...asks].slice(-MOST_ASKS),
    };
  }

  async function add(
    session: SessionKey,
    events: readonly OrchestratorEvent[],
    change: (record: SessionRecord) => SessionRecord = (record) => record,
  ): Promise<void> {
    await records.change(session, (before) =>
      events.reduce((record, event) => {
        const turnId = isUnderWay(record) ? record.turn?.id : undefined;
        return withEvent(record, { id: randomUUID(), turnId, event });
      }, change(before)),
    );
    handOn(session);
  }

  function handOn(session: SessionKey): void {
    lanes
      .run(session, () => handAll(session))
      .catch((error: unknown) => log.error({ session, error }, "reports wait, since they cannot be read"));
  }

  async function handAll(session: SessionKey): Promise<void> {
    while (!isClosed && handlers.size > 0) {
      const at = handed.get(session) ?? 0;
      const next = (await records.get(session))?.events[at];
      if (!next) return;
      await hand(session, next);
      // A hub that stops has told nobody for certain.
      if (isClosed || handlers.size === 0) return;
      if (isGathered(next)) {
        handed.set(session, at + 1);
        continue;
      }
      const keeps = COUNTS.has(next.event.type);
      if (!keeps) handed.delete(session);
      await records.change(session, (record) => ({
        ...record,
        events: keeps ? record.events.toSpliced(at, 1) : record.events.slice(at + 1),
      }));
    }
  }

  async function hand(session: SessionKey, { id: eventId, turnId, event }: WaitingEvent): Promise<void> {
    for (const handler of handlers) {
      try {
        await handler({ session, turnId, eventId, event });
      } catch (error) {
        log.error({ session, event: event.type, error }, "an event of the orchestrator could not be handled");
      }
    }
  }

  return {
    take,
    add,
    onEvent(handler) {
      handlers.add(handler);
      void records.busy().then(
        (busy) => busy.forEach(([session]) => handOn(session)),
        (error: unknown) => log.error({ error }, "what the orchestrator said before cannot be read"),
      );
      return () => void handlers.delete(handler);
    },
    close: () => void (isClosed = true),
  };
}

/** What is counted on its own and completes no words. */
const COUNTS: ReadonlySet<OrchestratorEvent["type"]> = new Set(["usage", "budget"]);
const GATHERED: ReadonlySet<OrchestratorEvent["type"]> = new Set(["text_delta", "tool", "subagent", "plan"]);

/** Outside a turn nothing completes them but a pause. */
function isGathered({ turnId, event }: WaitingEvent): boolean {
  return turnId !== undefined && GATHERED.has(event.type);
}

function withEvent(record: SessionRecord, waiting: WaitingEvent): SessionRecord {
  const events = [...record.events, waiting];
  const { event } = waiting;
  if (event.type !== "turn_end" || record.turn?.id !== event.turnId) return { ...record, events };
  return { ...record, events, turn: { ...record.turn, end: { outcome: event.outcome, reason: event.reason } } };
}
