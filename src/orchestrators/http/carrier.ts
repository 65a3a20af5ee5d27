/** Whoever brings deliveries to an orchestrator that is called, and how it is tried again: in the order of a session, at growing intervals. */
import type { Clock } from "../../clock.ts";
import type { ConnectorLog } from "../../contract/connector.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { DriverHealth } from "../../contract/orchestrator.ts";
import type { Delivery } from "../../contract/orchestrator-door.ts";
import { createSerial } from "../../serial.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Records, SessionRecord } from "./record.ts";

export type Carried =
  | "taken"
  | { readonly refused: string }
  /** `mayHaveIt`: the call left and no answer came. */
  | { readonly later: string; readonly mayHaveIt: boolean };

export interface Carrier {
  /** Never rejects. May be asked again for the same delivery, also in another life of the hub. */
  carry(body: Delivery, record: SessionRecord): Promise<Carried>;
  health(): Promise<DriverHealth>;
  /** A turn of a former life of the hub that the orchestrator has. */
  resume?(session: SessionKey, record: SessionRecord): void;
  close(): void;
}

export interface PumpParts {
  readonly carrier: Carrier;
  readonly records: Records;
  readonly deliveries: Deliveries;
  /** Told when a turn is refused after its person was told that it waits. */
  readonly onRefused: (body: Delivery, reason: string) => Promise<void>;
  readonly clock: Clock;
  readonly retryMs: number;
  readonly log: ConnectorLog;
}

const LONGEST_RETRY_MS = 60_000;

/** Returns what ends it. */
export function startPump({ carrier, records, deliveries, onRefused, clock, retryMs, log }: PumpParts): () => void {
  const lanes = createSerial();
  const failures = new Map<SessionKey, number>();
  let isClosed = false;

  function wake(session: SessionKey): void {
    if (isClosed) return;
    lanes
      .run(session, () => carryAll(session))
      .catch((error: unknown) => {
        log.error({ session, error }, "a delivery could not be carried");
        later(session);
      });
  }

  async function carryAll(session: SessionKey): Promise<void> {
    for (;;) {
      const record = await records.get(session);
      const next = record?.deliveries[0];
      if (isClosed || !record || !next) return;
      const carried = await carrier.carry(next.body, record);
      if (isClosed) return;
      if (carried === "taken") await deliveries.taken([next.body.id], undefined);
      else if ("refused" in carried) await refuse(next.body, carried.refused);
      else return postpone(next.body, carried);
      failures.delete(session);
    }
  }

  async function refuse(body: Delivery, reason: string): Promise<void> {
    log.warn({ session: body.session, delivery: body.type, reason }, "the orchestrator refused a delivery");
    const session = body.session as SessionKey;
    if (!(await deliveries.refused(session, body.id, reason))) await onRefused(body, reason);
  }

  async function postpone(body: Delivery, { later: reason, mayHaveIt }: { later: string; mayHaveIt: boolean }): Promise<void> {
    const session = body.session as SessionKey;
    log.warn({ session, delivery: body.type, reason }, "the orchestrator could not be told; it is tried again");
    if (mayHaveIt)
      await records.change(session, (record) => ({
        ...record,
        deliveries: record.deliveries.map((waiting) => (waiting.body.id === body.id ? { ...waiting, isOffered: true } : waiting)),
      }));
    later(session);
  }

  function later(session: SessionKey): void {
    const count = failures.get(session) ?? 0;
    failures.set(session, count + 1);
    clock.setTimer(Math.min(LONGEST_RETRY_MS, retryMs * 2 ** count), () => wake(session));
  }

  deliveries.onAdded(wake);
  void records.busy().then(
    (busy) => {
      for (const [session, record] of busy) {
        if (record.turn?.isGiven && !record.turn.end) carrier.resume?.(session, record);
        wake(session);
      }
    },
    (error: unknown) => log.error({ error }, "what the orchestrator is still to be told cannot be read"),
  );
  return () => {
    isClosed = true;
    carrier.close();
  };
}
