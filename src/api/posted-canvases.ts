/** Canvases that an orchestrator posts, looked at before they are taken: from then on only people would hear what is wrong with one. Reads only. */
import { isApprovalOf, refuseSecrets, revisable } from "../canvases/record.ts";
import type { CanvasShare } from "../contract/canvas.ts";
import { HubError } from "../contract/errors.ts";
import type { SessionKey } from "../contract/ids.ts";
import type { KnownAsk, OrchestratorDoor, PostedEvent } from "../contract/orchestrator-door.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { ApiParts } from "./parts.ts";
import { waitFor } from "./wait.ts";

/** What was reported just now is on its way to its handler. */
export const MADE_WITHIN_MS = 5000;

interface Looking extends Pick<ApiParts, "journal" | "clock"> {
  readonly door: OrchestratorDoor;
  readonly session: SessionKey;
}

/** The events as they are to be taken. Throws `bad_request`, `canvas_approval_unknown`, and what `revisable` throws. */
export function takeable(events: readonly PostedEvent[], looking: Looking): Promise<PostedEvent[]> {
  return Promise.all(
    events.map(async (event) => (event.type === "canvas" ? { ...event, share: await shareable(event.share, looking) } : event)),
  );
}

async function shareable(share: CanvasShare, looking: Looking): Promise<CanvasShare> {
  refuseSecrets(share);
  await refuseVersion(share, looking);
  const { content } = share;
  if (!Array.isArray(content?.approvals)) return share;
  return { ...share, content: { ...content, approvals: await Promise.all(content.approvals.map((id) => approvalNamed(id, looking))) } };
}

async function refuseVersion(share: CanvasShare, { journal, clock, session }: Looking): Promise<void> {
  const id = share.canvas_id;
  if (id === undefined) return;
  const check = () => journal.store.get("canvases", id);
  const isEnough = (row: Row<"canvases"> | undefined) => row !== undefined;
  revisable(await waitFor({ journal, clock, table: "canvases", ms: MADE_WITHIN_MS, check, isEnough }), { id, share, session });
}

async function approvalNamed(id: string, { journal, clock, door, session }: Looking): Promise<string> {
  const known = await door.asked(id);
  const check = () => approvalAsked(journal.store, id, known);
  const isEnough = (row: Row<"approvals"> | undefined) => row !== undefined;
  const row = await waitFor({ journal, clock, table: "approvals", ms: known ? MADE_WITHIN_MS : 0, check, isEnough });
  if (!row || !isApprovalOf(session, row)) throw new HubError("canvas_approval_unknown", { id });
  return row.id;
}

/** What a request of an orchestrator became: one of its own, or one it joined that asks for exactly the same. */
export async function approvalAsked(store: StoreReader, id: string, known: KnownAsk | undefined): Promise<Row<"approvals"> | undefined> {
  const own = await store.get("approvals", id);
  if (own || known?.digest === undefined) return own;
  const where = { digest: known.digest, sessionKey: known.session };
  return (await store.find("approvals", { where, newestFirst: true, limit: 1 }))[0];
}
