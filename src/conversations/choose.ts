/** Which of several orchestrators a new conversation is with. Pure. */
import type { OrchestratorSeat } from "../contract/handler.ts";
import type { Address } from "../contract/ids.ts";

type Seats = readonly OrchestratorSeat[];

/** The one it is addressed to, else the one whose rule fits the place most closely, else the first. Undefined where there is none at all. */
export function chooseSeat(seats: Seats, address: Address, text: string): OrchestratorSeat | undefined {
  return addressedSeat(seats, text) ?? seatAt(seats, address) ?? seats[0];
}

/** By name or alias, with or without an `@`; case does not matter. */
export function seatNamed(seats: Seats, typed: string): OrchestratorSeat | undefined {
  const wanted = typed.trim().replace(/^@/, "").toLowerCase();
  return seats.find((seat) => labelsOf(seat).includes(wanted));
}

/** Whom a message begins with: `@name …`, `name: …` or `name, …`. */
export function addressedSeat(seats: Seats, text: string): OrchestratorSeat | undefined {
  const words = text.trimStart().toLowerCase();
  return seats.find((seat) => labelsOf(seat).some((label) => begins(words, label)));
}

function begins(words: string, label: string): boolean {
  if (words.startsWith(`@${label}`)) return !/^[\p{L}\p{N}_-]/u.test(words.slice(label.length + 1));
  return words.startsWith(label) && /^[:,]\s/.test(words.slice(label.length));
}

function labelsOf({ name, alias }: OrchestratorSeat): string[] {
  return [name, alias].map((label) => label.toLowerCase());
}

function seatAt(seats: Seats, address: Address): OrchestratorSeat | undefined {
  const claims = seats.flatMap((seat) => seat.chats.filter((rule) => fits(rule, address)).map((rule) => ({ seat, rule })));
  return claims.toSorted((a, b) => closeness(b.rule) - closeness(a.rule))[0]?.seat;
}

type Rule = OrchestratorSeat["chats"][number];

function fits(rule: Rule, address: Address): boolean {
  return PARTS.every((part) => rule[part] === undefined || rule[part] === address[part]);
}

/** A thread is closer than its chat, a chat than its workspace. */
function closeness(rule: Rule): number {
  return PARTS.findLastIndex((part) => rule[part] !== undefined);
}

const PARTS = ["account", "workspace", "chat", "thread"] as const;
