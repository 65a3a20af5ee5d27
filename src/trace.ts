/** Where is my message: every hop of one trace with its time, and what was said in it, from the journal alone. */
import type { StoreReader } from "./contract/store.ts";
import type { Row } from "./contract/tables.ts";
import { approvalHops, deployHops, type Hop, inboxHops, outboxHops, turnHops } from "./trace/hops.ts";
import { resolveTrace } from "./trace/resolve.ts";

export interface Trace {
  readonly trace: string;
  readonly hops: readonly Hop[];
}

/** What is needed to show the conversation again: the rows as they are. */
export interface Replay {
  readonly trace: string;
  readonly inbox: readonly Row<"inbox">[];
  readonly turns: readonly Row<"turns">[];
  readonly outbox: readonly Row<"outbox">[];
  readonly approvals: readonly Row<"approvals">[];
  readonly deploys: readonly Row<"deploys">[];
}

/**
 * By any id that belongs to it (see `resolve.ts`), or `last`: of the latest message a person sent. `accounts`: where a platform's id may be from.
 * Undefined when nothing has this id; throws HubError `ambiguous_id` when several have.
 */
export async function replayOf(store: StoreReader, id: string, accounts: readonly string[]): Promise<Replay | undefined> {
  const [latest] = id === "last" ? await store.find("inbox", { newestFirst: true, limit: 1 }) : [];
  const trace = id === "last" ? latest?.trace : await resolveTrace(store, id, accounts);
  if (trace === undefined) return undefined;
  const [inbox, turns, outbox, approvals, deploys] = await Promise.all([
    store.find("inbox", { where: { trace } }),
    store.find("turns", { where: { trace } }),
    store.find("outbox", { where: { trace } }),
    store.find("approvals", { where: { trace } }),
    store.find("deploys", { where: { trace } }),
  ]);
  return { trace, inbox, turns, outbox, approvals, deploys };
}

export function traceOf({ trace, inbox, turns, outbox, approvals, deploys }: Replay): Trace {
  const hops = [
    ...inbox.flatMap(inboxHops),
    ...turns.flatMap(turnHops),
    ...outbox.flatMap(outboxHops),
    ...approvals.flatMap(approvalHops),
    ...deploys.flatMap(deployHops),
  ];
  return { trace, hops: hops.sort((a, b) => a.at - b.at) };
}
