/**
 * The names things go by: addresses, session keys, row ids and the short codes people type.
 * Ids inside an address are opaque outside their connector: compare them, store them, never parse them.
 */
import { createHash, randomBytes, randomInt } from "node:crypto";
import { v5 as uuidV5 } from "uuid";

/** Where a message lives: one account, one chat, and a thread inside it if there is one. */
export interface Address {
  /** The configured login, e.g. `team-chat`. */
  readonly account: string;
  /** Workspace, guild or server. Part of every address of a platform that has them, since chat ids may repeat. */
  readonly workspace?: string | undefined;
  readonly chat: string;
  readonly thread?: string | undefined;
}

/** An injective key: two addresses that a platform named are the same place exactly when their keys are equal. */
export function addressKey(address: Address): string {
  return JSON.stringify([address.account, address.workspace ?? null, address.chat, address.thread ?? null]);
}

/** The key of the chat around an address: equal for all threads of one chat. */
export function chatKey(address: Address): string {
  return addressKey({ account: address.account, workspace: address.workspace, chat: address.chat });
}

/** Whether both are one place. A chat that people wrote down may name no workspace, and then is the one of any. */
export function isSamePlace(one: Address, other: Address): boolean {
  const [mine = null, theirs = null] = [one.workspace, other.workspace];
  const isSameChat = addressKey({ ...one, workspace: undefined }) === addressKey({ ...other, workspace: undefined });
  return isSameChat && (mine === theirs || mine === null || theirs === null);
}

/** Each place once, as it is named first, and none that is `known`. */
export function withoutTwins(addresses: readonly Address[], known: readonly Address[] = []): Address[] {
  return addresses.filter((address, at) => ![...known, ...addresses.slice(0, at)].some((other) => isSamePlace(address, other)));
}

/** The same place by its one name: on a platform on which everything lies in a thread, what names none of a home chat lies in the home's. */
export function placeOf(address: Address, homes: readonly Address[]): Address {
  const thread = address.thread ?? homes.find((home) => home.account === address.account && home.chat === address.chat)?.thread;
  return { ...address, thread };
}

/** The id of the inbox row of an event. None is taken twice, since the platform's own id of it is in there. */
export function inboxId(account: string, eventId: string): string {
  return JSON.stringify([account, eventId]);
}

export type SessionType = "chat" | "mission" | "subagent";

/** `agent:<orchestrator>:<type>:<uuid>`. Kept when the thread moves; opaque to everyone but its maker. */
export type SessionKey = `agent:${string}:${SessionType}:${string}`;

/** Any fixed uuid serves as the name space; this one was drawn once for mos-hub and must never change. */
const SESSION_NAMESPACE = "5b0d9c1e-6d0c-4f0e-9d7c-2a6a3f6c9b41";

export interface SessionOrigin {
  readonly orchestrator: string;
  readonly type: SessionType;
  readonly tenantId: string;
  readonly first: Address;
  /** How many sessions this address had before; `new` in the same thread must give another key. Default 0. */
  readonly generation?: number;
}

/** The same origin gives the same key on every node and after every restart (uuid version 5). */
export function sessionKey({ orchestrator, type, tenantId, first, generation = 0 }: SessionOrigin): SessionKey {
  const name = JSON.stringify([tenantId, orchestrator, addressKey(first), ...(generation > 0 ? [generation] : [])]);
  return `agent:${orchestrator}:${type}:${uuidV5(name, SESSION_NAMESPACE)}`;
}

/** What people and agents call a conversation: `chat-` and eight hexadecimal digits, the same in every life of the hub. */
export function conversationName(session: SessionKey): string {
  return `chat-${createHash("sha256").update(session).digest("hex").slice(0, 8)}`;
}

/** 30 letters and digits without look-alikes (no I, L, O, U, 0, 1), so that a code read aloud or from a phone is typed back right. */
const CODE_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789";

/** A code people type to decide: `K7Q-M2X`, about 29 bits. It locates a request, it authorises nothing. */
export function newCode(): string {
  const draw = (): string => CODE_LETTERS.charAt(randomInt(CODE_LETTERS.length));
  const three = (): string => draw() + draw() + draw();
  return `${three()}-${three()}`;
}

/** What was typed, as the code it means, or undefined when it cannot be one: case, spaces and a missing dash are forgiven. */
export function parseCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replace(/[\s-]/g, "");
  if (letters.length !== 6) return undefined;
  for (const letter of letters) if (!CODE_LETTERS.includes(letter)) return undefined;
  return `${letters.slice(0, 3)}-${letters.slice(3)}`;
}

/** A fresh opaque id of 128 random bits, e.g. `trn_q3V…`. The prefix is for human eyes only. */
export function newId(prefix: "trc" | "trn" | "out" | "apr" | "dep" | "cnv" | "aud" | "usg" | "tok" | "msg" | "per"): string {
  return `${prefix}_${randomBytes(16).toString("base64url")}`;
}
