/**
 * Calls back whoever asked over HTTP and wants to be told: one signed answer for each request, again until it is taken. What is owed lies in the store, so
 * that neither a death of the hub nor one of the receiver loses it; the receiver may hear it twice.
 * Invariant: nothing is called but what the configuration lists.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import type { View } from "../contract/handler.ts";
import { audit, put, remove, update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";
import type { Grants } from "./grants.ts";

const PREFIX = "approval-answer/";
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 300_000;
/** After so long nobody waits any more. */
const GIVE_UP_MS = 86_400_000;

const owed = z.object({ approvalId: z.string(), url: z.string(), attempts: z.number(), notBefore: z.number() });
type Owed = z.output<typeof owed>;

export interface AnswerCallsParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly grants: Pick<Grants, "signAnswer">;
  /** True when it was taken. Never rejects, takes seconds, and ends at once when `ended` is aborted. */
  readonly call: (url: string, signed: string, ended: AbortSignal) => Promise<boolean>;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void; error(facts: Record<string, unknown>, text: string): void };
}

/** Whether the configuration lets this URL be called: the same origin, and a path that begins like a listed one. */
export function mayCall(url: string, listed: readonly string[]): boolean {
  const wanted = URL.parse(url);
  if (!wanted || wanted.username || wanted.password) return false;
  return listed.some((one) => {
    const allowed = URL.parse(one);
    const isBelow = wanted.pathname === allowed?.pathname || wanted.pathname.startsWith(`${allowed?.pathname.replace(/\/$/, "")}/`);
    return allowed?.origin === wanted.origin && isBelow;
  });
}

/** Written with the request, or as another joins it. */
export function oweAnswer(approvalId: string, url: string, { now }: Pick<View, "now">): Write {
  const id = `${PREFIX}${approvalId}/${createHash("sha256").update(url).digest("hex").slice(0, 16)}`;
  const value: Owed = { approvalId, url, attempts: 0, notBefore: now };
  return put("kv", id, { value: JSON.stringify(value), expiresAt: null });
}

/** Begins at once. The returned function ends it, and resolves when no call is under way. */
export function keepAnswering({ journal, clock, grants, call, log }: AnswerCallsParts): () => Promise<void> {
  const { store } = journal;
  const end = new AbortController();

  /** Calls everybody whose time has come; gives the time of the next. */
  async function due(): Promise<number | undefined> {
    const rows = await store.find("kv", { idPrefix: PREFIX, limit: Infinity });
    const waits = await Promise.all(rows.map(answer));
    const next = waits.filter((at) => at !== undefined);
    return next.length > 0 ? Math.min(...next) : undefined;
  }

  async function answer(row: Row<"kv">): Promise<number | undefined> {
    const { approvalId, url, attempts, notBefore } = owed.parse(JSON.parse(row.value));
    const asked = await store.get("approvals", approvalId);
    if (asked?.state === "pending") return undefined;
    if (!asked) return settle(row, []);
    if (notBefore > clock.now()) return notBefore;
    const facts = { to: new URL(url).origin };
    const isTaken = await call(url, await grants.signAnswer(asked), end.signal);
    // Whether it was taken is not known then: the next life says it again.
    if (end.signal.aborted) return undefined;
    if (isTaken) return settle(row, [audit("approval.answered", approvalId, facts)]);
    if (clock.now() - (asked.decidedAt ?? asked.updatedAt) < GIVE_UP_MS) return later(row, { approvalId, url, attempts: attempts + 1 });
    log.warn({ approval: approvalId, ...facts }, "an answer was given up: nobody took it for a day");
    return settle(row, [audit("approval.answer_given_up", approvalId, facts)]);
  }

  async function later(row: Row<"kv">, tried: Omit<Owed, "notBefore">): Promise<number> {
    const notBefore = clock.now() + Math.min(FIRST_WAIT_MS * 2 ** (tried.attempts - 1), LONGEST_WAIT_MS);
    const value: Owed = { ...tried, notBefore };
    await journal.commit({ actorId: "hub", scope: "hub", writes: [update("kv", row, { value: JSON.stringify(value) })] });
    return notBefore;
  }

  async function settle(row: Row<"kv">, told: readonly Write[]): Promise<undefined> {
    await journal.commit({ actorId: "hub", scope: "hub", writes: [remove("kv", row.id), ...told] });
  }

  const alarm = createAlarm(clock, due, log);
  const unsubscribe = journal.onChange((tables) => void (tables.has("approvals") && alarm.wake()));
  alarm.wake();
  return async () => {
    unsubscribe();
    end.abort();
    await alarm.stop();
  };
}
