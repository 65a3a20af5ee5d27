/** The hops of a row: what happened to it, and when, from the row alone. Pure. */
import type { Row } from "../contract/tables.ts";

export interface Hop {
  /** Epoch ms. */
  readonly at: number;
  readonly step: string;
  readonly detail: string;
}

export function inboxHops(row: Row<"inbox">): Hop[] {
  const { received = row.createdAt, routed, handled } = row.times;
  const lives = row.lives === undefined ? "" : `tried in ${row.lives} lives of the hub`;
  const end =
    row.status === "refused"
      ? [{ at: row.updatedAt, step: "refused", detail: `${row.sender}: ${row.refusal ?? ""}` }]
      : row.status === "dead"
        ? [{ at: row.updatedAt, step: "set aside", detail: lives }]
        : [];
  return [
    { at: received, step: "journalled", detail: `${row.event?.type ?? "event"} from ${row.sender} on ${row.account}` },
    ...hop(routed, "routed", row.handler ?? ""),
    ...hop(handled, "handled", row.handler ?? ""),
    ...end,
  ];
}

export function turnHops(row: Row<"turns">): Hop[] {
  const { prompting, accepted, ended } = row.times;
  const mark = row.mark ? `, delivered again ${row.mark}` : "";
  return [
    { at: row.createdAt, step: "queued for the orchestrator", detail: row.orchestrator },
    ...hop(prompting, "prompting", `attempt ${row.attempt}${mark}`),
    ...hop(accepted, "accepted by the orchestrator", row.orchestrator),
    ...hop(ended, `turn ${row.outcome ?? row.state}`, row.reason ?? ""),
  ];
}

export function outboxHops(row: Row<"outbox">): Hop[] {
  const what = row.op.type === "send" ? (row.op.message.card?.type ?? (row.op.editsOutboxId ? "edit" : "message")) : row.op.type;
  const receipt = row.receipts.map(({ messageId }) => messageId).join(", ");
  const trouble =
    row.state === "sent" || row.state === "queued" || row.state === "unknown"
      ? []
      : [{ at: row.updatedAt, step: `${what} ${row.state}`, detail: row.lastError ?? "" }];
  return [
    { at: row.createdAt, step: `${what} written to the outbox`, detail: row.account },
    ...hop(
      row.times.held,
      `${what} waits for the platform's pace`,
      row.heldBy === undefined ? "" : `the budget of the ${row.heldBy} is spent`,
    ),
    ...hop(row.times.sending, `${what} first tried`, row.attempts > 1 ? `${row.attempts} attempts` : ""),
    ...(row.tries ?? []).map(({ at, attempt, verdict, reason }) => ({
      at,
      step: `${what} not sent`,
      detail: `attempt ${attempt}: ${reason} (${verdict})`,
    })),
    ...hop(row.times.unknown, `${what} unknown`, "it may have arrived, though no answer came"),
    ...hop(row.times.sent, `${what} sent`, receipt && `receipt ${receipt}`),
    ...trouble,
  ];
}

export function approvalHops(row: Row<"approvals">): Hop[] {
  return [
    { at: row.createdAt, step: `${row.kind} asked`, detail: row.code },
    ...row.votes.map(({ at, name, verdict, via }) => ({ at, step: "vote", detail: `${name}: ${verdict} (${via})` })),
    ...hop(row.decidedAt ?? undefined, `${row.kind} ${row.state}`, row.decisionReason ?? ""),
  ];
}

export function deployHops(row: Row<"deploys">): Hop[] {
  return Object.entries(row.times).flatMap(([state, at]) => hop(at, `deploy ${state}`, row.report.app));
}

function hop(at: number | undefined, step: string, detail: string): Hop[] {
  return at === undefined ? [] : [{ at, step, detail }];
}
