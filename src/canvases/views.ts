/**
 * Who may look at a canvas the hub keeps. A link in a chat is for whoever is there, to look; a link given to one person lets them send
 * something back as themselves, and never decides anything. Of secrets only hashes are kept here.
 */
import { HubError } from "../contract/errors.ts";
import { audit, insert, type StoreReader, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { maySee, mayTalk } from "../people/roles.ts";
import { hashOf, newSecret } from "../people/secret.ts";
import type { Journal } from "../store/journal.ts";

/** A link of one's own is opened at once, or asked for again. */
const OWN_LINK_MS = 10 * 60_000;

export interface Viewing {
  readonly view: Row<"views">;
  readonly canvas: Row<"canvases">;
  /** Absent: somebody who has the link. */
  readonly person?: Row<"people"> | undefined;
}

/** A link for one person, and the row it needs. */
export function ownLink(canvas: Row<"canvases">, personId: string, now: number): { readonly secret: string; readonly writes: Write[] } {
  const secret = newSecret();
  const row = insert("views", hashOf(secret), { canvasId: canvas.id, kind: "link", personId, expiresAt: now + OWN_LINK_MS });
  return { secret, writes: [row, audit("canvas.link_given", canvas.id, { person: personId })] };
}

/** Undefined for what opens nothing: unknown, expired, of a canvas that has ended, of a sign-in that has, or of a person without roles. */
export async function viewingOf(
  store: StoreReader,
  { id, secret, kind }: { readonly id: string; readonly secret: string; readonly kind: "link" | "browser" },
  now: number,
): Promise<Viewing | undefined> {
  const view = await store.get("views", hashOf(secret));
  if (view?.kind !== kind || view.canvasId !== id || isOver(view, now)) return undefined;
  const canvas = await store.get("canvases", id);
  if (canvas?.state !== "open" || isOver(canvas, now)) return undefined;
  if (view.personId === null) return { view, canvas };
  const signIn = view.credentialId === undefined ? undefined : await store.get("credentials", view.credentialId);
  if (view.credentialId !== undefined && (!signIn || isOver(signIn, now))) return undefined;
  const person = await store.get("people", view.personId);
  return person && maySee(person) ? { view, canvas, person } : undefined;
}

function isOver({ expiresAt }: { readonly expiresAt: number | null }, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** Why nobody can look at it any more, or ever could; undefined for one that is open. */
export function closedBecause(canvas: Row<"canvases"> | undefined, now: number): HubError | undefined {
  if (!canvas || canvas.revision === null) return new HubError("canvas_unknown");
  if (canvas.state === "revoked") return new HubError("canvas_ended", { how: "it was revoked" });
  return canvas.state === "expired" || isOver(canvas, now) ? new HubError("canvas_ended", { how: "its time is over" }) : undefined;
}

interface Desk {
  readonly journal: Journal;
  readonly now: number;
}

/** All that a browser shows for itself. */
export interface Opening {
  /** Who is signed in in it and by what, which counts before any link. */
  readonly signedIn?: { readonly person: Row<"people">; readonly credentialId: string } | undefined;
  /** "" for none. */
  readonly link: string;
  /** The secret it got for this canvas before; "" for none. */
  readonly cookie: string;
}

/**
 * A cookie for a browser that opens a canvas, on record; undefined where the one it has is as good: of the same person, and of the same sign-in
 * where there is one, so that nothing of theirs stays behind when they sign out. Throws `canvas_unknown`,
 * `canvas_ended`, `canvas_locked` and `canvas_link_void`.
 */
export async function openCanvas(
  { journal, now }: Desk,
  id: string,
  { signedIn, link, cookie }: Opening,
): Promise<{ readonly secret: string; readonly expiresAt: number | null } | undefined> {
  const { store } = journal;
  const canvas = await store.get("canvases", id);
  const closed = closedBecause(canvas, now);
  if (closed || !canvas) throw closed ?? new HubError("canvas_unknown");
  const before = await viewingOf(store, { id, secret: cookie, kind: "browser" }, now);
  const linked = await viewingOf(store, { id, secret: link, kind: "link" }, now);
  const known = signedIn && maySee(signedIn.person) ? signedIn : undefined;
  // A link for everybody takes nobody's name away.
  const personId = known?.person.id ?? linked?.view.personId ?? before?.view.personId ?? null;
  if (personId === null && !linked && (link !== "" || !before)) throw new HubError(link === "" ? "canvas_locked" : "canvas_link_void");
  if (before?.view.personId === personId && (!known || before.view.credentialId === known.credentialId)) return undefined;
  const { expiresAt, revision } = canvas;
  const secret = newSecret();
  await journal.settle({ actorId: personId ?? "link", scope: "hub" }, async () => ({
    writes: [
      insert("views", hashOf(secret), { canvasId: id, kind: "browser", personId, credentialId: known?.credentialId, expiresAt: null }),
      audit("canvas.opened", id, { person: personId, revision }),
    ],
  }));
  return { secret, expiresAt };
}

/** May send something back: a link alone is nobody. */
export function maySubmit({ person }: Viewing): boolean {
  return person !== undefined && mayTalk(person);
}
