/**
 * What becomes of a canvas in the store: shown, revised, ended. Pure units of work.
 * Invariant: a canvas that has ended has no content, and nothing opens it any more.
 */
import { secretAskedFor } from "../approvals/secret-questions.ts";
import { showCard, type Subject, updateCopies } from "../cards/copies.ts";
import { type CanvasContent, type CanvasShare, kindOf } from "../contract/canvas.ts";
import { HubError } from "../contract/errors.ts";
import type { View } from "../contract/handler.ts";
import { type Address, newCode } from "../contract/ids.ts";
import type { CanvasCard } from "../contract/message.ts";
import { audit, insert, remove, update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { hashOf, newSecret } from "../people/secret.ts";
import { canvasLink, hostedLink } from "./link.ts";

const WEEK_MS = 7 * 86_400_000;
/** Of one conversation; the oldest one ends when another comes. */
const MOST_OPEN = 50;
/** Of one canvas; the oldest one goes when another comes. */
const MOST_REVISIONS = 20;

export interface Showing {
  readonly id: string;
  readonly share: CanvasShare;
  readonly session: Row<"sessions">;
  readonly address: Address;
  readonly trace: string;
}

/**
 * A canvas nobody has seen yet, with its card in the conversation. Throws `bad_request` for a form that asks for a secret,
 * `canvas_approval_unknown` for an approval of elsewhere.
 */
export async function showCanvas({ id, share, session, address, trace }: Showing, view: View): Promise<Write[]> {
  refuseSecrets(share);
  await refuseElsewhere(share, session, view);
  const { title, url, content } = share;
  const life = share.expires_in_ms ?? (content && WEEK_MS);
  const expiresAt = life === undefined ? null : view.now + life;
  const common = { type: "canvas", id, title, kind: kindOf(share), state: "open", expiresAt: expiresAt ?? undefined } as const;
  const code = content ? newCode() : "";
  const secret = newSecret();
  const card: CanvasCard = content
    ? { ...common, code, revision: 1, ...hostedLink({ id, secret }, view.settings.publicUrl) }
    : { ...common, ...canvasLink(url ?? "", view.settings.publicUrl) };
  const kept = content ? [...revisionWrites(id, 1, { title, content }), linkWrite(id, secret)] : [];
  return [
    ...(await makeRoom(session, view)),
    insert("canvases", id, { sessionKey: session.id, code, state: "open", card, trace, revision: content ? 1 : null, expiresAt }),
    ...kept,
    audit("canvas.shared", id, { title, session: session.id, hosted: content !== undefined }),
    ...showCard({ subject: subjectOf(id), card, trace, urgency: "notice" }, [address]),
  ];
}

interface Revising {
  readonly id: string;
  readonly share: CanvasShare;
  readonly session: Row<"sessions">["id"];
}

/** What there may be a next version of. Throws `not_found`, and `bad_request` where a link would take the place of content. */
export function revisable(row: Row<"canvases"> | undefined, { id, share, session }: Revising): Row<"canvases"> {
  if (row?.sessionKey !== session || row.state !== "open")
    throw new HubError("not_found", { what: "open canvas of this conversation", id });
  if ((share.content === undefined) !== (row.revision === null))
    throw new HubError("bad_request", { problems: "a canvas that is a link stays one, and one with content keeps content" });
  return row;
}

/** The same canvas with other content, on the same card. Throws what `revisable` and `showCanvas` throw. */
export async function reviseCanvas(id: string, { share, session, trace }: Omit<Showing, "id" | "address">, view: View): Promise<Write[]> {
  const row = revisable(await view.store.get("canvases", id), { id, share, session: session.id });
  refuseSecrets(share);
  await refuseElsewhere(share, session, view);
  const { title, url, content } = share;
  const number = (row.revision ?? 0) + 1;
  const expiresAt = share.expires_in_ms === undefined ? row.expiresAt : view.now + share.expires_in_ms;
  const shown = { ...row.card, title, kind: kindOf(share), expiresAt: expiresAt ?? undefined };
  const card: CanvasCard = content
    ? { ...shown, revision: number }
    : { ...shown, url: undefined, note: undefined, ...canvasLink(url ?? "", view.settings.publicUrl) };
  const kept = content ? revisionWrites(id, number, { title, content }) : [];
  const old = content && (await view.store.get("revisions", revisionId(id, number - MOST_REVISIONS)));
  return [
    update("canvases", row, { card, revision: content ? number : null, expiresAt }),
    ...kept,
    ...(old ? [remove("revisions", old.id)] : []),
    audit("canvas.revised", id, { title, revision: content ? number : null }),
    ...(await updateCopies(view, { subject: subjectOf(id), card, trace, urgency: "notice" })),
  ];
}

/** Shown before the hub had an address that its card could name. */
export function lacksLink({ revision, card }: Row<"canvases">, { settings }: Pick<View, "settings">): boolean {
  return revision !== null && card.url === undefined && settings.publicUrl !== undefined;
}

/** The link that its card lacks. */
export async function linkCanvas(row: Row<"canvases">, view: View): Promise<Write[]> {
  const { id, trace } = row;
  const secret = newSecret();
  const card: CanvasCard = { ...row.card, note: undefined, ...hostedLink({ id, secret }, view.settings.publicUrl) };
  return [
    update("canvases", row, { card }),
    linkWrite(id, secret),
    ...(await updateCopies(view, { subject: subjectOf(id), card, trace, urgency: "notice" })),
  ];
}

/** Ends it: the card says so everywhere, content and links are gone. */
export async function endCanvas(row: Row<"canvases">, state: "expired" | "revoked", view: Pick<View, "store">): Promise<Write[]> {
  const { id, trace } = row;
  const card: CanvasCard = { ...row.card, state, url: undefined, note: undefined };
  const where = { canvasId: id };
  const [revisions, views] = await Promise.all([view.store.find("revisions", { where }), view.store.find("views", { where })]);
  return [
    update("canvases", row, { state, card }),
    ...revisions.map((revision) => remove("revisions", revision.id)),
    ...views.map((one) => remove("views", one.id)),
    audit(`canvas.${state}`, id, {}),
    ...(await updateCopies(view, { subject: subjectOf(id), card, trace, urgency: "notice" })),
  ];
}

export function revisionId(canvasId: string, number: number): string {
  return JSON.stringify([canvasId, number]);
}

/** An approval, and no question, that was asked in this conversation. */
export function isApprovalOf(session: Row<"sessions">["id"], { kind, sessionKey }: Row<"approvals">): boolean {
  return kind === "approval" && sessionKey === session;
}

function subjectOf(id: string): Subject {
  return `canvas:${id}`;
}

/** The link on the card: whoever has it may look, for as long as the canvas is open, also where its next version stays open for longer. */
function linkWrite(canvasId: string, secret: string): Write {
  return insert("views", hashOf(secret), { canvasId, kind: "link", personId: null, expiresAt: null });
}

function revisionWrites(canvasId: string, number: number, said: { readonly title: string; readonly content: CanvasContent }): Write[] {
  return [insert("revisions", revisionId(canvasId, number), { canvasId, number, ...said })];
}

/** What is sent back is said in the conversation. Throws `bad_request`. */
export function refuseSecrets({ title, content }: CanvasShare): void {
  const secret = content?.form && secretAskedFor({ text: title, fields: content.form.fields });
  if (secret !== undefined) throw new HubError("bad_request", { problems: `a form never asks for a secret ("${secret}")` });
}

/** What another conversation asks for is its own, and whoever looks here may know nothing of it. */
async function refuseElsewhere({ content }: CanvasShare, session: Row<"sessions">, { store }: View): Promise<void> {
  const { approvals = [] } = content ?? {};
  for (const id of approvals === "waiting" ? [] : approvals) {
    const row = await store.get("approvals", id);
    if (!row || !isApprovalOf(session.id, row)) throw new HubError("canvas_approval_unknown", { id });
  }
}

async function makeRoom(session: Row<"sessions">, view: View): Promise<Write[]> {
  const open = await view.store.find("canvases", { where: { sessionKey: session.id, state: "open" } });
  const ended = open.slice(0, Math.max(0, open.length - MOST_OPEN + 1)).map((row) => endCanvas(row, "expired", view));
  return (await Promise.all(ended)).flat();
}
