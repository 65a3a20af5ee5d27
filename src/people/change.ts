/**
 * Changing whom the hub knows while it runs: units of work over the people table, whoever asked for them. Asks nobody for proof.
 * Invariant: with the commit that takes a role away, what waits of that person is dropped and their tokens and cookies are void.
 */
import { HubError } from "../contract/errors.ts";
import { endOfTurn, say } from "../contract/handler.ts";
import { addressKey, newId } from "../contract/ids.ts";
import { audit, insert, remove, type StoreReader, update, type Write } from "../contract/store.ts";
import type { PersonFields, Role, Row } from "../contract/tables.ts";
import { messagesOf } from "../turns/messages.ts";
import { safeDir } from "./dir.ts";
import { findPerson, LOCAL_PERSON_ID, signedIn } from "./directory.ts";
import { mayTalk } from "./roles.ts";

export type Account = Pick<PersonFields["accounts"][number], "account" | "sender">;

export interface Changed {
  readonly personId: string;
  readonly writes: readonly Write[];
}

export interface NewPerson {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly accounts: readonly Account[];
  /** The hub's own faces. */
  readonly localAccounts: readonly string[];
  /** Where it was asked for, for the audit log. */
  readonly via: string;
}

/** Throws `bad_request` where the name or an account is somebody's already. */
export async function addPerson(store: StoreReader, { name, roles, accounts, localAccounts, via }: NewPerson): Promise<Changed> {
  const people = await everybody(store);
  if (people.some((row) => row.roles.length > 0 && isNamed(row, name)))
    throw new HubError("bad_request", { problems: `somebody is called ${name} already` });
  refuseTaken(people, accounts);
  const id = newId("per");
  const fields: PersonFields = {
    name,
    dir: safeDir(name, new Set(people.map(({ dir }) => dir))),
    roles,
    accounts: [...accounts.map((at) => ({ ...at, paired: true as const })), ...signedIn(id, localAccounts)],
    source: "pairing",
    pinHash: null,
    pinFailures: 0,
    pinLockedUntil: 0,
  };
  const facts = { name, roles: roles.join(" "), accounts: wordsOf(accounts), via };
  return { personId: id, writes: [...oneAtATime(people), insert("people", id, fields), audit("person.added", id, facts)] };
}

/** Adds where somebody writes from, also to people of the configuration. Throws `bad_request` when it is somebody's already. */
export async function addAccount(store: StoreReader, person: Row<"people">, at: Account, via: string): Promise<Changed> {
  refuseTaken(await everybody(store), [at]);
  const accounts = [...person.accounts, { ...at, paired: true as const }];
  const facts = { name: person.name, accounts: wordsOf([at]), via };
  return { personId: person.id, writes: [update("people", person, { accounts }), audit("person.account_added", person.id, facts)] };
}

/** Throws `not_found`, and `person_fixed` for what the configuration says. */
export function removeAccount(person: Row<"people">, { account, sender }: Account, via: string): Changed {
  const found = person.accounts.find((at) => at.account === account && at.sender === sender);
  if (!found) throw new HubError("not_found", { what: "account", id: wordsOf([{ account, sender }]) });
  if (!found.paired) throw new HubError("person_fixed", { name: wordsOf([found]), reason: "it is no account that was paired" });
  const accounts = person.accounts.filter((at) => at !== found);
  const facts = { name: person.name, accounts: wordsOf([found]), via };
  return { personId: person.id, writes: [update("people", person, { accounts }), audit("person.account_removed", person.id, facts)] };
}

/** Throws `person_fixed` for people of the configuration and of this machine. */
export async function setRoles(store: StoreReader, person: Row<"people">, roles: readonly Role[], via: string): Promise<Changed> {
  refuseFixed(person);
  const facts = { name: person.name, roles: roles.join(" "), changed: "roles", via };
  const dropped = mayTalk({ roles }) ? [] : await dropWaiting(store, person);
  return { personId: person.id, writes: [update("people", person, { roles }), audit("person.changed", person.id, facts), ...dropped] };
}

/** The row stays without roles and accounts, so that what they said and decided keeps its name. Throws as `setRoles`. */
export async function removePerson(store: StoreReader, person: Row<"people">, via: string): Promise<Changed> {
  refuseFixed(person);
  const credentials = await store.find("credentials", { where: { personId: person.id }, limit: Infinity });
  const writes = [
    update("people", person, { roles: [], accounts: [], pinHash: null }),
    audit("person.removed", person.id, { name: person.name, roles: person.roles.join(" "), accounts: wordsOf(person.accounts), via }),
    ...credentials.map(({ id }) => remove("credentials", id)),
    ...(await dropWaiting(store, person)),
  ];
  return { personId: person.id, writes };
}

/** By id, or by name among those who have a role. Throws `not_found`. */
export async function personNamed(store: StoreReader, typed: string): Promise<Row<"people">> {
  const people = await everybody(store);
  const named = people.filter((row) => isNamed(row, typed));
  const found = people.find(({ id }) => id === typed) ?? named.find(({ roles }) => roles.length > 0) ?? named[0];
  if (!found) throw new HubError("not_found", { what: "person", id: typed });
  return found;
}

/** Why a message that was taken is not given to the agent after all. */
export function droppedWords(name: string): string {
  return `Dropped: ${name} may no longer talk here.`;
}

/** What the agent has not been given, said once in each place. A turn that is just being prompted is refused by its lane. */
async function dropWaiting(store: StoreReader, { id, name }: Row<"people">): Promise<Write[]> {
  const queued = await store.find("turns", { where: { state: "queued" }, limit: Infinity });
  const theirs = queued.filter(({ personId }) => personId === id);
  const why = droppedWords(name);
  const places = new Map(theirs.map((turn) => [addressKey(turn.address), turn]));
  return [
    ...theirs.map((turn) => update("turns", turn, { state: "stopped", reason: why })),
    ...[...places.values()].map(({ address, trace }) => say({ address, trace, text: why, urgency: "notice" }).write),
    ...theirs.flatMap(messagesOf).map((message) => endOfTurn(message, "stopped", why)),
  ];
}

function everybody(store: StoreReader): Promise<Row<"people">[]> {
  return store.find("people", { limit: Infinity });
}

function isNamed(person: Row<"people">, name: string): boolean {
  return person.name.toLowerCase() === name.trim().toLowerCase();
}

function refuseTaken(people: readonly Row<"people">[], accounts: readonly Account[]): void {
  for (const at of accounts) {
    const owner = findPerson(people, at.account, at.sender);
    if (owner) throw new HubError("bad_request", { problems: `${wordsOf([at])} is ${owner.name} already` });
  }
}

function refuseFixed({ name, source }: Row<"people">): void {
  if (source === "config") throw new HubError("person_fixed", { name, reason: "hub.yaml names them" });
  if (source === "local") throw new HubError("person_fixed", { name, reason: "they are who sits at the hub's own machine" });
}

/** Two people added at once would not see each other's name and directory: a change of the same row makes the second look again. */
function oneAtATime(people: readonly Row<"people">[]): Write[] {
  const local = people.find(({ id }) => id === LOCAL_PERSON_ID);
  return local ? [update("people", local, {})] : [];
}

function wordsOf(accounts: readonly Account[]): string {
  return accounts.map(({ account, sender }) => `${account}:${sender}`).join(" ");
}
