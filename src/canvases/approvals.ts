/** The approvals beneath a canvas. Only read here; they are decided where all others are. Invariant: none of another conversation. */
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { isApprovalOf, revisionId } from "./record.ts";

/** Of those that wait; the oldest come first, and the next ones as these are decided. */
const MOST_WAITING = 10;
/** With those that have been decided since somebody began to look. */
const MOST_SHOWN = 30;

/** Those of the latest version, in the order they are drawn. `drawn`: ids that the same reader has before them, and sees the end of. */
export async function approvalsOn(canvas: Row<"canvases">, store: StoreReader, drawn: readonly string[] = []): Promise<Row<"approvals">[]> {
  const shown = canvas.revision === null ? undefined : await store.get("revisions", revisionId(canvas.id, canvas.revision));
  const { approvals = [] } = shown?.content ?? {};
  const where = { kind: "approval", state: "pending", sessionKey: canvas.sessionKey } as const;
  const waiting = approvals === "waiting" ? await store.find("approvals", { where, limit: MOST_WAITING }) : [];
  const ids = approvals === "waiting" ? [...drawn, ...waiting.map(({ id }) => id)] : approvals;
  const rows = await Promise.all([...new Set(ids)].slice(-MOST_SHOWN).map((id) => store.get("approvals", id)));
  return rows.filter((row) => row !== undefined && isApprovalOf(canvas.sessionKey, row)) as Row<"approvals">[];
}
