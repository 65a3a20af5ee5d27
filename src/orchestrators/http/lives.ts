/** The lives of an orchestrator that fetches: when it was last heard of, and what a new life has lost of the one before. */
import type { OrchestratorEvent } from "../../contract/orchestrator.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { Deliveries } from "./deliveries.ts";
import { isUnderWay, type Records, type SessionRecord } from "./record.ts";
import type { Reports } from "./reports.ts";

export interface Lives {
  sign(): void;
  /** Epoch ms; undefined: never in this life of the hub. */
  lastSignAt(): number | undefined;
  /** Undefined: it keeps what it was given over its own restarts. */
  begin(life: string | undefined): Promise<void>;
}

export interface LivesParts {
  readonly records: Records;
  readonly reports: Pick<Reports, "add">;
  readonly deliveries: Pick<Deliveries, "forgetClaims">;
  readonly now: () => number;
}

export function createLives({ records, reports, deliveries, now }: LivesParts): Lives {
  let lastSignAt: number | undefined;
  let current: string | undefined;

  async function begin(life: string | undefined): Promise<void> {
    if (life === undefined || life === current) return;
    const before = current ?? (await records.life());
    current = life;
    if (before === life) return;
    await records.setLife(life);
    if (before === undefined) return;
    deliveries.forgetClaims();
    for (const [session, record] of await records.busy()) if (isUnderWay(record) && record.turn?.isGiven) await lose(session, record, life);
  }

  function lose(session: SessionKey, { turn }: SessionRecord, life: string): Promise<void> {
    const events: OrchestratorEvent[] = [
      { type: "lifecycle", phase: "crashed", detail: "Its program was started again before it had finished." },
      { type: "turn_end", turnId: turn?.id ?? "", outcome: "lost" },
      { type: "lifecycle", phase: "restarted" },
      { type: "lifecycle", phase: "session_lost", agentSessionId: `${session}@${life}` },
    ];
    return reports.add(session, events, (record) => ({ ...record, knownBy: life }));
  }

  return { sign: () => void (lastSignAt = now()), lastSignAt: () => lastSignAt, begin };
}
