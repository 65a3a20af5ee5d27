/**
 * Who hears of a request when: at once, when nobody decided for a while (escalation), or when the chats before could not be reached (fallback).
 * Drawn up as the request is made and kept in it, so that neither a restart nor a changed configuration moves it. Pure.
 */
import { type Address, placeOf, withoutTwins } from "../contract/ids.ts";
import type { ApprovalPolicy, ScheduledChats } from "../contract/tables.ts";

/** How long a chat has to show the card before the next one in a fallback order gets it, ms. */
export const FALLBACK_AFTER_MS = 60_000;

export interface Schedule {
  readonly first: readonly Address[];
  readonly later: readonly ScheduledChats[];
}

export interface Asking {
  /** Where it was asked; it always hears of it. */
  readonly origin: Address;
  readonly now: number;
  readonly homes: readonly Address[];
}

export function scheduleOf({ chats, isFallback, escalation }: ApprovalPolicy, { origin, now, homes }: Asking): Schedule {
  const placed = (addresses: readonly Address[]): Address[] => addresses.map((address) => placeOf(address, homes));
  const unique = (addresses: readonly Address[], known: readonly Address[]): Address[] => withoutTwins(placed(addresses), placed(known));
  const others = unique(chats, [origin]);
  const first = unique([origin, ...(isFallback ? others.slice(0, 1) : others)], []);
  const fallbacks = isFallback ? others.slice(1) : [];
  const later: ScheduledChats[] = [
    ...fallbacks.map((chat, at) => ({ at: now + (at + 1) * FALLBACK_AFTER_MS, chats: [chat], unless: "shown" as const })),
    ...escalation.map((step) => ({ at: now + step.afterMs, chats: unique(step.chats, []), unless: "decided" as const })),
  ];
  return { first, later: later.sort((a, b) => a.at - b.at) };
}
