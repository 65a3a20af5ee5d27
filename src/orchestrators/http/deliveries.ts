/**
 * What the orchestrator has to be told: kept until it says that it has it, whether it comes to fetch it or is called. Knows nothing of who
 * carries it.
 */
import type { Clock } from "../../clock.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { Delivery } from "../../contract/orchestrator-door.ts";
import type { Records, SessionRecord } from "./record.ts";

/** What was given to somebody who has not said that they have it is given again after this time. */
const CLAIM_MS = 30_000;

export type Taking = "taken" | "closing" | { readonly refused: string };

export interface Deliveries {
  /** `change` is made together with it; undefined there: nothing is added. */
  add(session: SessionKey, body: Delivery, change?: (record: SessionRecord) => SessionRecord | undefined): Promise<boolean>;
  /** Resolves when it was taken or refused; undefined when the time is up first. */
  taking(id: string, ms: number): Promise<Taking | undefined>;
  /** Of all sessions, those nobody has claimed just now, the oldest of each session first. */
  claim(limit: number): Promise<readonly Delivery[]>;
  /** It has them. What is known already is no fault. */
  taken(ids: readonly string[], life: string | undefined): Promise<void>;
  /** It will never take it. True when somebody waited to hear that. */
  refused(session: SessionKey, id: string, reason: string): Promise<boolean>;
  /** Resolves when there may be something new, or the time is up, or nobody waits any more. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  /** How many wait for something new. */
  waiting(): number;
  /** Whoever claimed something is gone. */
  forgetClaims(): void;
  onAdded(listener: (session: SessionKey) => void): void;
  close(): void;
}

export function createDeliveries({ records, clock }: { readonly records: Records; readonly clock: Clock }): Deliveries {
  const claims = new Map<string, number>();
  const takings = new Map<string, (taking: Taking) => void>();
  const waiters = new Set<() => void>();
  const listeners = new Set<(session: SessionKey) => void>();
  let isClosed = false;

  const without = (record: SessionRecord, id: string): SessionRecord["deliveries"] =>
    record.deliveries.filter(({ body }) => body.id !== id);

  function settle(id: string, taking: Taking): boolean {
    const tell = takings.get(id);
    takings.delete(id);
    claims.delete(id);
    tell?.(taking);
    return tell !== undefined;
  }

  async function offer(session: SessionKey, ids: ReadonlySet<string>): Promise<void> {
    await records.change(session, (record) => ({
      ...record,
      deliveries: record.deliveries.map((waiting) => (ids.has(waiting.body.id) ? { ...waiting, isOffered: true } : waiting)),
    }));
  }

  return {
    async add(session, body, change = (record) => record) {
      let isAdded = false;
      await records.change(session, (record) => {
        const changed = change(record);
        isAdded = changed !== undefined;
        return changed ? { ...changed, deliveries: [...changed.deliveries, { body, isOffered: false }] } : record;
      });
      if (isAdded) {
        for (const wake of waiters) wake();
        for (const listener of listeners) listener(session);
      }
      return isAdded;
    },
    taking: (id, ms) =>
      new Promise((resolve) => {
        const cancel = clock.setTimer(ms, () => {
          takings.delete(id);
          resolve(undefined);
        });
        takings.set(id, (taking) => {
          cancel();
          resolve(taking);
        });
        if (isClosed) settle(id, "closing");
      }),
    async claim(limit) {
      const now = clock.now();
      const free = (id: string): boolean => (claims.get(id) ?? -Infinity) + CLAIM_MS <= now;
      const given: Delivery[] = [];
      for (const [session, { deliveries }] of await records.busy()) {
        const mine = deliveries.filter(({ body }) => free(body.id)).slice(0, limit - given.length);
        for (const { body } of mine) claims.set(body.id, now);
        if (mine.some(({ isOffered }) => !isOffered)) await offer(session, new Set(mine.map(({ body }) => body.id)));
        given.push(...mine.map(({ body }) => body));
      }
      return given;
    },
    async taken(ids, life) {
      for (const [session, { deliveries }] of ids.length === 0 ? [] : await records.busy()) {
        for (const { body } of deliveries.filter((waiting) => ids.includes(waiting.body.id))) {
          await records.change(session, (record) => {
            const turn = body.type === "turn" && record.turn?.id === body.turn_id ? { ...record.turn, isGiven: true } : record.turn;
            return { ...record, deliveries: without(record, body.id), turn, knownBy: life ?? record.knownBy };
          });
          settle(body.id, "taken");
        }
      }
    },
    async refused(session, id, reason) {
      await records.change(session, (record) => ({ ...record, deliveries: without(record, id) }));
      return settle(id, { refused: reason });
    },
    next: (ms, signal) =>
      new Promise((resolve) => {
        if (isClosed || signal.aborted) return resolve();
        const cancel = clock.setTimer(ms, done);
        waiters.add(done);
        signal.addEventListener("abort", done);
        function done(): void {
          cancel();
          waiters.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        }
      }),
    waiting: () => waiters.size,
    forgetClaims: () => claims.clear(),
    onAdded: (listener) => void listeners.add(listener),
    close() {
      isClosed = true;
      for (const wake of waiters) wake();
      for (const id of takings.keys()) settle(id, "closing");
    },
  };
}
