/**
 * Who is behind an account, and how the people table follows the configuration. Pure: rows in, writes out.
 * Invariant: an account's sender belongs to one person at most, and nobody the configuration no longer names keeps a role it gave.
 */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { audit, insert, update, type Write } from "../contract/store.ts";
import type { PersonFields, Role, Row } from "../contract/tables.ts";
import { safeDir } from "./dir.ts";

type Person = Row<"people">;
type Account = PersonFields["accounts"][number];

/** A person the configuration asks for. */
export interface WantedPerson {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly accounts: readonly Account[];
  readonly source: "config" | "local";
  /** Given by the configuration; else made from the name once and then kept. */
  readonly dir?: string | undefined;
  /** Absent: what is stored stays. */
  readonly pinHash?: string | undefined;
}

/** What this file needs of the configuration. */
export interface PeopleConfig {
  readonly tenantId: string;
  readonly operators: readonly Pick<WantedPerson, "name" | "roles" | "accounts" | "dir">[];
  /** The hub's own faces, on which everybody writes as their person id once signed in. */
  readonly localAccounts: readonly string[];
}

/** The one who sits at the hub's own machine. */
export const LOCAL_PERSON_ID = "per_local";
/** The sender on a local account of whoever holds the hub's local token. */
export const LOCAL_SENDER = "local";

/** The person who writes as `sender` on `account`. A person without roles is known and may nothing. */
export function findPerson(rows: readonly Person[], account: string, sender: string): Person | undefined {
  return rows.find((row) => row.accounts.some((at) => isSame(at, { account, sender })));
}

/** The operators of the configuration. An id follows from tenant and name: the same on every node; another name is another person. */
export function configPeople({ tenantId, operators, localAccounts }: PeopleConfig): WantedPerson[] {
  return operators.map(({ name, roles, accounts, dir }) => {
    const id = idOf(tenantId, name);
    return { id, name, roles, accounts: [...accounts, ...signedIn(id, localAccounts)], dir, source: "config" };
  });
}

/** The local operator: may talk, decide (with the PIN) and manage, through the local accounts named. */
export function localPerson(local: {
  userName: string | undefined;
  accounts: readonly string[];
  pinHash?: string | undefined;
}): WantedPerson {
  const accounts = local.accounts.map((account) => ({ account, sender: LOCAL_SENDER }));
  const all = [...accounts, ...signedIn(LOCAL_PERSON_ID, local.accounts)];
  const name = local.userName?.trim() || "You";
  return { id: LOCAL_PERSON_ID, name, roles: ["operator", "approver", "admin"], accounts: all, source: "local", pinHash: local.pinHash };
}

/** The senders of a person who signed in. */
export function signedIn(personId: string, accounts: readonly string[]): Account[] {
  return accounts.map((account) => ({ account, sender: personId }));
}

/** What must be written so that the table says what the configuration says; nothing when it already does. */
export function planPeople(existing: readonly Person[], wanted: readonly WantedPerson[]): Write[] {
  const byId = new Map(wanted.map((person) => [person.id, person]));
  const dirs = new Map(existing.map((row) => [row.id, row.dir]));
  const owned = claims(wanted);
  const kept = existing.flatMap((row) => {
    const person = byId.get(row.id);
    return changeOf(row, person ? settled(row, person, owned, dirs) : leftOver(row, owned));
  });
  const known = new Set(existing.map((row) => row.id));
  return [...kept, ...wanted.filter(({ id }) => !known.has(id)).flatMap((person) => added(person, owned, dirs))];
}

/** Who may have each sender: operators named in the file come before the local operator. */
function claims(wanted: readonly WantedPerson[]): ReadonlyMap<string, string> {
  const owner = new Map<string, string>();
  const byRank = [...wanted].sort((a, b) => Number(a.source === "local") - Number(b.source === "local"));
  for (const { id, accounts } of byRank) for (const at of accounts) if (!owner.has(keyOf(at))) owner.set(keyOf(at), id);
  return owner;
}

function settled(row: Person, wanted: WantedPerson, owned: ReadonlyMap<string, string>, dirs: Map<string, string>): Partial<PersonFields> {
  const { name, roles, source } = wanted;
  const dir = wanted.dir === undefined || wanted.dir === row.dir ? row.dir : freeDir(wanted, dirs);
  const paired = row.accounts.filter((at) => at.paired && !owned.has(keyOf(at)));
  return { name, roles, source, dir, accounts: [...accountsOf(wanted, owned), ...paired], pinHash: wanted.pinHash ?? row.pinHash };
}

/** Paired people stay, without what the configuration gives to somebody else. Everybody else who is no longer named loses all at once. */
function leftOver(row: Person, owned: ReadonlyMap<string, string>): Partial<PersonFields> {
  if (row.source === "pairing") return { accounts: row.accounts.filter((at) => !owned.has(keyOf(at))) };
  return { roles: [], accounts: [], pinHash: null };
}

function changeOf(row: Person, fields: Partial<PersonFields>): Write[] {
  const changed = Object.entries(fields).filter(([key, value]) => !isEqual(row[key as keyof PersonFields], value));
  if (changed.length === 0) return [];
  const roles = (fields.roles ?? row.roles).join(" ");
  const facts = { name: fields.name ?? row.name, roles, changed: changed.map(([key]) => key).join(" ") };
  return [update("people", row, Object.fromEntries(changed) as Partial<PersonFields>), audit("person.changed", row.id, facts)];
}

function added(wanted: WantedPerson, owned: ReadonlyMap<string, string>, dirs: Map<string, string>): Write[] {
  const { id, name, roles, source, pinHash = null } = wanted;
  const dir = freeDir(wanted, dirs);
  const accounts = accountsOf(wanted, owned);
  const row: PersonFields = { name, dir, roles, accounts, source, pinHash, pinFailures: 0, pinLockedUntil: 0 };
  return [insert("people", id, row), audit("person.added", id, { name, roles: roles.join(" "), source })];
}

/** Takes a directory name for a person; one that somebody else already has stays theirs, since their files lie in it. */
function freeDir({ id, name, dir }: WantedPerson, dirs: Map<string, string>): string {
  const free = safeDir(dir ?? name, new Set(dirs.values()));
  dirs.set(id, free);
  return free;
}

function accountsOf(wanted: WantedPerson, owned: ReadonlyMap<string, string>): Account[] {
  return wanted.accounts.filter((at) => owned.get(keyOf(at)) === wanted.id);
}

function idOf(tenantId: string, name: string): string {
  return `per_${createHash("sha256")
    .update(JSON.stringify([tenantId, name]))
    .digest("base64url")
    .slice(0, 22)}`;
}

function keyOf({ account, sender }: Account): string {
  return JSON.stringify([account, sender]);
}

function isSame(one: Account, other: Account): boolean {
  return one.account === other.account && one.sender === other.sender;
}

/** Canonical, since an engine may give the keys of stored JSON back in another order. */
function isEqual(one: unknown, other: unknown): boolean {
  return canonicalize(one) === canonicalize(other);
}
