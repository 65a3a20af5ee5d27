/**
 * How a stranger becomes known: a code they were told, accepted by an admin somewhere else. Units of work; asks nobody for proof.
 * Invariant: a code is stored as its hash, is accepted once and in time, and never from the chat in which it was told.
 */
import { HubError } from "../contract/errors.ts";
import { say } from "../contract/handler.ts";
import { type Address, chatKey, newCode, newId, parseCode } from "../contract/ids.ts";
import { audit, put, remove, type StoreReader, update, type Write } from "../contract/store.ts";
import type { Role, Row } from "../contract/tables.ts";
import { addAccount, addPerson, type Changed, personNamed } from "./change.ts";
import { hashOf } from "./secret.ts";

/** One stranger is told a code at most this often, ms. */
const CODE_EVERY_MS = 3_600_000;
/** So many may wait on one account: more are no people one knows. */
const MOST_PENDING = 3;

export interface Stranger {
  readonly account: string;
  readonly sender: string;
  readonly name?: string | undefined;
  readonly address: Address;
}

export interface Issued {
  /** Told to the stranger, and kept nowhere. */
  readonly code: string;
  readonly writes: readonly Write[];
}

/** Undefined while they have been told one within the hour; `full` where enough strangers wait already. */
export async function issueCode(
  store: StoreReader,
  { account, sender, name, address }: Stranger,
  { now, expiryMs }: { readonly now: number; readonly expiryMs: number },
): Promise<Issued | "full" | undefined> {
  const known = await store.find("pairings", { where: { account } });
  if (known.some((row) => row.sender === sender && now - row.issuedAt < CODE_EVERY_MS)) return undefined;
  const others = known.filter((row) => row.sender !== sender);
  if (others.filter((row) => isOpen(row, now)).length >= MOST_PENDING) return "full";
  const code = newCode();
  const told = { code: hashOf(code), state: "pending", issuedAt: now, expiresAt: now + expiryMs } as const;
  const fields = { account, sender, name: name && printable(name), address, ...told };
  const over = others.filter((row) => !isOpen(row, now) && now - row.issuedAt >= CODE_EVERY_MS);
  const id = JSON.stringify([account, sender]);
  const writes = [
    put("pairings", id, fields),
    audit("pairing.asked", id, { account, sender }),
    ...over.map((row) => remove("pairings", row.id)),
  ];
  return { code, writes };
}

export async function pendingPairings(store: StoreReader, now: number): Promise<Row<"pairings">[]> {
  return (await store.find("pairings", { where: { state: "pending" } })).filter((row) => isOpen(row, now));
}

export interface Accepting {
  readonly code: string;
  /** Of a new person. Default: the sender's id. */
  readonly name?: string | undefined;
  /** Id or name of somebody known, who gets the account. */
  readonly person?: string | undefined;
  /** Of a new person. */
  readonly roles: readonly Role[];
  readonly localAccounts: readonly string[];
  /** The chat in which the code was typed, if it was. */
  readonly from?: Address | undefined;
  readonly via: string;
}

/** Makes the stranger a person, or an account of one, and tells them. Throws `pairing_void` and what adding somebody throws. */
export async function acceptPairing(store: StoreReader, accepting: Accepting, now: number): Promise<Changed> {
  const { code, name, person, from, via } = accepting;
  const row = await openPairing(store, code, now);
  const { account, sender, address } = row;
  if (from && chatKey(from) === chatKey(address))
    throw new HubError("not_allowed", { reason: "a code is not accepted in the chat in which it was told" });
  const changed =
    person === undefined
      ? await addPerson(store, { ...accepting, name: printable(name || sender), accounts: [{ account, sender }] })
      : await addAccount(store, await personNamed(store, person), { account, sender }, via);
  const text = "An admin has let you in. What you write here from now on is taken.";
  const writes = [
    update("pairings", row, { state: "accepted" }),
    audit("pairing.accepted", row.id, { account, sender, person: changed.personId, via }),
    ...changed.writes,
    say({ address, trace: newId("trc"), text, urgency: "notice" }).write,
  ];
  return { personId: changed.personId, writes };
}

/** `code`, or the sender as it is listed. They are told nothing, and get no other code before their hour is over. */
export async function denyPairing(store: StoreReader, code: string, { now, via }: { now: number; via: string }): Promise<Write[]> {
  const listed = (await pendingPairings(store, now)).find(({ account, sender }) => `${account}:${sender}` === code.trim());
  const row = listed ?? (await openPairing(store, code, now));
  const { account, sender } = row;
  return [update("pairings", row, { state: "denied" }), audit("pairing.denied", row.id, { account, sender, via })];
}

async function openPairing(store: StoreReader, typed: string, now: number): Promise<Row<"pairings">> {
  const code = parseCode(typed);
  const found = code === undefined ? [] : await store.find("pairings", { where: { code: hashOf(code), state: "pending" } });
  const open = found.find((row) => isOpen(row, now));
  if (!open) throw new HubError("pairing_void");
  return open;
}

/** A name as it may be shown anywhere. */
function printable(name: string): string {
  return [...name.replace(/\p{C}/gu, "").trim()].slice(0, 100).join("") || "Somebody";
}

function isOpen({ state, expiresAt }: Row<"pairings">, now: number): boolean {
  return state === "pending" && expiresAt > now;
}
