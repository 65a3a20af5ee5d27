/**
 * Calls back whoever asked over HTTP and wants to be told: one signed answer for each request, again until it is taken.
 * Invariant: nothing is called but what the configuration lists.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { View } from "../contract/handler.ts";
import { audit, type Write } from "../contract/store.ts";
import type { Journal } from "../store/journal.ts";
import { keepCalling, owe, type Tried } from "../web/owed-calls.ts";
import type { Grants } from "./grants.ts";

const PREFIX = "approval-answer/";
const LONGEST_WAIT_MS = 300_000;
/** After so long nobody waits any more. */
const GIVE_UP_MS = 86_400_000;

const owed = z.object({ approvalId: z.string(), url: z.string() });
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
  return owe<Owed>(id, { approvalId, url }, now);
}

/** Begins at once. The returned function ends it, and resolves when no call is under way. */
export function keepAnswering({ journal, clock, grants, call, log }: AnswerCallsParts): () => Promise<void> {
  const settled = (...writes: readonly Write[]): Tried<Owed> => ({ settled: async () => writes });

  async function attempt({ approvalId, url }: Owed, ended: AbortSignal): Promise<Tried<Owed>> {
    const asked = await journal.store.get("approvals", approvalId);
    if (!asked) return settled();
    if (asked.state === "pending") return "waits";
    const facts = { to: new URL(url).origin };
    if (await call(url, await grants.signAnswer(asked), ended)) return settled(audit("approval.answered", approvalId, facts));
    if (clock.now() - (asked.decidedAt ?? asked.updatedAt) < GIVE_UP_MS) return { later: { approvalId, url } };
    if (!ended.aborted) log.warn({ approval: approvalId, ...facts }, "an answer was given up: nobody took it for a day");
    return settled(audit("approval.answer_given_up", approvalId, facts));
  }

  const how = { prefix: PREFIX, shape: owed, watched: "approvals", longestWaitMs: LONGEST_WAIT_MS } as const;
  return keepCalling({ journal, clock, log, attempt, ...how });
}
