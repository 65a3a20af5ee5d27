/**
 * Standing approvals: what somebody who approved it allowed from then on, without being asked again.
 * Invariants: narrow, since it is about exactly one action of one asker; it ends by itself, and anybody who may can end it sooner; it narrows what people are
 * asked and never widens what may be done: where the policy asks for more than one person's word, or whoever gave it may no longer decide, it counts
 * for nothing.
 */
import { z } from "zod";
import { lasting } from "../contract/counted.ts";
import type { View } from "../contract/handler.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import { audit, type Expectation, put, remove, type StoreReader, type Write } from "../contract/store.ts";
import type { ApprovalFields, Row } from "../contract/tables.ts";
import { digestOf } from "./digest.ts";
import type { Ruling } from "./ruling.ts";
import { whyNoVote } from "./votes.ts";

const PREFIX = "standing-approval/";

const standing = z.object({
  /** The code of the request it came of; what people call it by. */
  code: z.string(),
  orchestrator: z.string(),
  title: z.string(),
  class: z.string(),
  /** Of the exact action. */
  digest: z.string(),
  app: z.string().optional(),
  environment: z.string().optional(),
  by: z.object({ id: z.string(), name: z.string() }),
  expiresAt: z.number(),
});
export type Standing = z.output<typeof standing>;

/** What must be equal: the exact action and all that was said about it, from the same asker, and from outside any session for the same person. */
export type Described = Pick<ApprovalFields, "orchestrator" | "sessionKey" | "requesterId" | "digest"> & {
  readonly ask: Pick<ApprovalAsk, "tool" | "app" | "environment" | "class">;
};

function idOf({ orchestrator, sessionKey, requesterId, digest, ask }: Described): string {
  const { tool = null, app = null, environment = null, class: stated = null } = ask;
  const person = sessionKey === null ? requesterId : null;
  return PREFIX + digestOf({ orchestrator, person, digest, tool, app, environment, stated });
}

/** Why a request of this kind is asked each time; undefined where it may be allowed for good. */
export function whyNotStanding({
  class: actionClass,
  policy,
}: Pick<Ruling, "policy"> & { readonly class: string | null }): string | undefined {
  if (actionClass === "critical_red") return "it cannot be taken back";
  if (policy.stepUp) return "its code is to be typed each time";
  if (policy.quorum > 1) return `${policy.quorum} people must agree to it`;
  return undefined;
}

/** How a request is allowed for longer than this once, in words; undefined where it is not to be. `standingMs`: for how long, undefined for never. */
export function standingHint(row: Row<"approvals">, standingMs: number | undefined): string | undefined {
  if (row.kind !== "approval" || row.state !== "pending" || standingMs === undefined || whyNotStanding(row) !== undefined) return undefined;
  return `\`approve ${row.code} always\` approves it, and lets exactly the same pass for ${lasting(standingMs)} without being asked; \`!rules\` lists what does.`;
}

/** Written with the decision it comes of. */
export function standingWork(row: Row<"approvals">, by: Standing["by"], expiresAt: number): Write[] {
  const ask = row.ask as ApprovalAsk;
  const { code, orchestrator, digest } = row;
  const { title, app, environment } = ask;
  const value: Standing = { code, orchestrator, title, class: row.class ?? "red", digest: digest ?? "", app, environment, by, expiresAt };
  const kept = put("kv", idOf({ ...row, ask }), { value: JSON.stringify(value), expiresAt });
  return [kept, audit("approval.always", row.id, { by: by.id, digest, expiresAt, code })];
}

export interface Allowed {
  /** For the record and the log. */
  readonly because: string;
  /** Nobody has ended it meanwhile. */
  readonly expect: Expectation;
}

/** The standing approval that covers a request as the policy is now; undefined where people are asked. */
export async function coveredBy(described: Described, ruling: Pick<Ruling, "class" | "policy">, view: View): Promise<Allowed | undefined> {
  const row = await view.store.get("kv", idOf(described));
  const found = row && standingOf(row, view.now);
  if (!found || found.class !== ruling.class || whyNotStanding(ruling) !== undefined) return undefined;
  const giver = await view.store.get("people", found.by.id);
  const electorate = { policy: ruling.policy, requesterId: described.requesterId, personOf: () => giver };
  if (whyNoVote(found.by.id, electorate) !== undefined) return undefined;
  const because = `${found.by.name} allowed exactly this until ${new Date(found.expiresAt).toISOString()} (${found.code})`;
  return { because, expect: { table: "kv", id: row.id, version: row.version } };
}

/** Those that still hold. */
export async function listStanding(store: StoreReader, now: number): Promise<Standing[]> {
  const rows = await store.find("kv", { idPrefix: PREFIX, limit: Infinity });
  return rows.flatMap((row) => standingOf(row, now) ?? []);
}

/** Ends one by its code; undefined where there is none. */
export async function endStanding(
  store: StoreReader,
  code: string,
  { by, now }: { readonly by: string; readonly now: number },
): Promise<Write[] | undefined> {
  const rows = await store.find("kv", { idPrefix: PREFIX, limit: Infinity });
  const row = rows.find((one) => standingOf(one, now)?.code === code);
  return row && [remove("kv", row.id), audit("approval.always_ended", code, { by })];
}

function standingOf({ value, expiresAt }: Row<"kv">, now: number): Standing | undefined {
  return expiresAt === null || expiresAt <= now ? undefined : standing.parse(JSON.parse(value));
}
