/**
 * Secrets handed to people and their programs: tokens, sign-in links, and the cookies browsers get for a link. Only hashes are stored, so
 * that a copy of the database signs nobody in. Invariant: none of them outlives its person's roles, and a link is used once.
 */
import { HubError } from "../contract/errors.ts";
import { audit, insert, remove } from "../contract/store.ts";
import { type CredentialFields, type Role, type Row, type Scope, SCOPES } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";
import { provePin } from "./prove.ts";
import { hashOf, newSecret } from "./secret.ts";

export interface Desk {
  readonly journal: Journal;
  /** Epoch ms. */
  readonly now: number;
}

/** Long enough to walk to the other screen, short enough to be worthless in a scrollback. */
const LINK_MS = 10 * 60_000;
/** A browser is asked again after this long. */
const BROWSER_MS = 30 * 86_400_000;

/** A credential with the person it speaks for, as they are now. */
export interface Holder {
  readonly credential: Row<"credentials">;
  readonly person: Row<"people">;
}

/** Whoever holds the secret; undefined when it is unknown, has expired, or its person has no role any more. */
export async function holderOf(
  { journal: { store }, now }: Desk,
  secret: string,
  kind: CredentialFields["kind"],
): Promise<Holder | undefined> {
  const credential = await store.get("credentials", hashOf(secret));
  if (credential?.kind !== kind || (credential.expiresAt !== null && credential.expiresAt <= now)) return undefined;
  const person = await store.get("people", credential.personId);
  return person && person.roles.length > 0 ? { credential, person } : undefined;
}

export interface WantedToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly personId: string;
  /** Epoch ms, null for ever. */
  readonly expiresAt: number | null;
}

/** The secret is returned once and never again. */
export async function createToken(desk: Desk, { name, scopes, personId, expiresAt }: WantedToken): Promise<{ id: string; secret: string }> {
  const held = await hand(desk, { kind: "token", personId, name, scopes, proved: false, expiresAt }, "token.created");
  return { id: held.id, secret: held.secret };
}

/** `proved`: the person was sure when it was asked for; else whoever opens it is asked for the person's PIN. */
export async function createLink(desk: Desk, personId: string, proved: boolean): Promise<{ secret: string; expiresAt: number }> {
  await sweep(desk);
  const expiresAt = desk.now + LINK_MS;
  const { secret } = await hand(
    desk,
    { kind: "link", personId, name: "sign-in link", scopes: [], proved, expiresAt },
    "sign_in.link_created",
  );
  return { secret, expiresAt };
}

/** Uses the link up, and gives the browser its cookie. Throws `link_void`, and what `provePin` throws; then the link stays. */
export async function signIn(desk: Desk, link: string, pin: string | undefined): Promise<{ secret: string; expiresAt: number }> {
  const found = await holderOf(desk, link, "link");
  if (!found) throw new HubError("link_void");
  const { credential, person } = found;
  if (!credential.proved) await provePin(desk, pin ?? "", person.id);
  const secret = newSecret();
  const expiresAt = desk.now + BROWSER_MS;
  const browser: CredentialFields = {
    ...credential,
    kind: "browser",
    name: "browser",
    proved: true,
    scopes: scopesOf(person.roles),
    expiresAt,
  };
  const isFirst = await desk.journal.commit({
    actorId: person.id,
    scope: "hub",
    // Two windows that open the same link at once: the second finds it changed.
    expect: [{ table: "credentials", id: credential.id, version: credential.version }],
    writes: [
      remove("credentials", credential.id),
      insert("credentials", hashOf(secret), fieldsOf(browser)),
      audit("sign_in.done", person.id, {}),
    ],
  });
  if (!isFirst) throw new HubError("link_void");
  return { secret, expiresAt };
}

/** No credential, no change. */
export async function revoke({ journal }: Desk, id: string, by: string): Promise<void> {
  await journal.settle({ actorId: by, scope: "hub" }, async () => {
    const row = await journal.store.get("credentials", id);
    return { writes: row ? [remove("credentials", id), audit(`${row.kind}.revoked`, row.personId, { name: row.name })] : [] };
  });
}

/** Deletes what has expired. */
async function sweep({ journal, now }: Desk): Promise<void> {
  const expired = await journal.store.find("credentials", { where: { expiresAt: { below: now } } });
  await journal.commit({ actorId: "hub", scope: "hub", writes: expired.map(({ id }) => remove("credentials", id)) });
}

/** What a person may do with the hub's port by being who they are. */
export function scopesOf(roles: readonly Role[]): Scope[] {
  if (roles.includes("admin")) return [...SCOPES];
  return roles.some((role) => role !== "viewer") ? ["read", "chat", "ask", "consume"] : ["read"];
}

async function hand({ journal }: Desk, fields: CredentialFields, what: string): Promise<{ id: string; secret: string }> {
  const secret = newSecret();
  const id = hashOf(secret);
  const { personId, name, scopes } = fields;
  await journal.settle({ actorId: personId, scope: "hub" }, async () => ({
    writes: [insert("credentials", id, fields), audit(what, personId, { name, scopes: scopes.join(" ") })],
  }));
  return { id, secret };
}

function fieldsOf({ kind, personId, name, scopes, proved, expiresAt }: CredentialFields): CredentialFields {
  return { kind, personId, name, scopes, proved, expiresAt };
}
