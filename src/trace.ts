/** Where is my message: every hop of one trace with its time, from the journal alone. */
import type { StoreReader } from "./contract/store.ts";
import type { Row } from "./contract/tables.ts";

export interface Hop {
  /** Epoch ms. */
  readonly at: number;
  readonly step: string;
  readonly detail: string;
}

export interface Trace {
  readonly trace: string;
  readonly hops: readonly Hop[];
}

/** Any id of ours that belongs to a trace (inbox, outbox, turn, approval, deploy), or the trace itself; undefined when nothing has it. */
export async function traceOf(store: StoreReader, id: string): Promise<Trace | undefined> {
  const trace = await resolve(store, id);
  const [inbox, turns, outbox, approvals, deploys] = await Promise.all([
    store.find("inbox", { where: { trace } }),
    store.find("turns", { where: { trace } }),
    store.find("outbox", { where: { trace } }),
    store.find("approvals", { where: { trace } }),
    store.find("deploys", { where: { trace } }),
  ]);
  const hops = [
    ...inbox.flatMap(inboxHops),
    ...turns.flatMap(turnHops),
    ...outbox.flatMap(outboxHops),
    ...approvals.flatMap(approvalHops),
    ...deploys.flatMap(deployHops),
  ];
  return hops.length === 0 ? undefined : { trace, hops: hops.sort((a, b) => a.at - b.at) };
}

/** The trace of the latest message a person sent. */
export async function latestTrace(store: StoreReader): Promise<Trace | undefined> {
  const [row] = await store.find("inbox", { newestFirst: true, limit: 1 });
  return row && traceOf(store, row.trace);
}

async function resolve(store: StoreReader, id: string): Promise<string> {
  for (const table of ["inbox", "outbox", "turns", "approvals", "deploys"] as const) {
    const row = await store.get(table, id);
    if (row) return row.trace;
  }
  return id;
}

function inboxHops(row: Row<"inbox">): Hop[] {
  const { received = row.createdAt, routed, handled } = row.times;
  const end = row.status === "refused" ? [{ at: row.updatedAt, step: "refused", detail: row.refusal ?? "" }] : [];
  return [
    { at: received, step: "journalled", detail: `${row.event?.type ?? "event"} from ${row.sender} on ${row.account}` },
    ...hop(routed, "routed", row.handler ?? ""),
    ...hop(handled, "handled", row.handler ?? ""),
    ...end,
  ];
}

function turnHops(row: Row<"turns">): Hop[] {
  const { prompting, accepted, ended } = row.times;
  const mark = row.mark ? `, delivered again ${row.mark}` : "";
  return [
    { at: row.createdAt, step: "queued for the orchestrator", detail: row.orchestrator },
    ...hop(prompting, "prompting", `attempt ${row.attempt}${mark}`),
    ...hop(accepted, "accepted by the orchestrator", row.orchestrator),
    ...hop(ended, `turn ${row.outcome ?? row.state}`, row.reason ?? ""),
  ];
}

function outboxHops(row: Row<"outbox">): Hop[] {
  const what = row.op.type === "send" ? (row.op.message.card?.type ?? (row.op.editsOutboxId ? "edit" : "message")) : row.op.type;
  const receipt = row.receipts.map(({ messageId }) => messageId).join(", ");
  const trouble =
    row.state === "sent" || row.state === "queued"
      ? []
      : [{ at: row.updatedAt, step: `${what} ${row.state}`, detail: row.lastError ?? "" }];
  return [
    { at: row.createdAt, step: `${what} written to the outbox`, detail: row.account },
    ...hop(row.times.sent, `${what} sent`, receipt && `receipt ${receipt}`),
    ...trouble,
  ];
}

function approvalHops(row: Row<"approvals">): Hop[] {
  return [
    { at: row.createdAt, step: `${row.kind} asked`, detail: row.code },
    ...hop(row.decidedAt ?? undefined, `${row.kind} ${row.state}`, row.decisionReason ?? ""),
  ];
}

function deployHops(row: Row<"deploys">): Hop[] {
  return Object.entries(row.times).flatMap(([state, at]) => hop(at, `deploy ${state}`, row.report.app));
}

function hop(at: number | undefined, step: string, detail: string): Hop[] {
  return at === undefined ? [] : [{ at, step, detail }];
}
