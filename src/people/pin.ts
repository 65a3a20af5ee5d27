/**
 * The operator's PIN: how it is kept, compared and locked. Owns no row: the caller writes what `pinAttempt` returns, by compare-and-swap,
 * before it answers, so that attempts made at the same time all count.
 */
import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { PersonFields } from "../contract/tables.ts";

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** 32 MiB and about a tenth of a second for one guess (128 · N · r bytes). */
const COST = { N: 2 ** 15, r: 8, p: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** A stored hash that asks for more than this is not ours. */
const MAX_N = 2 ** 18;

const MAX_WRONG = 5;
const LOCK_MS = 15 * 60_000;

/** Undefined when the PIN is good, else what is wrong with it, in words that fit after "the PIN". */
export function pinProblem(pin: string): string | undefined {
  if (!/^\d*$/.test(pin)) return "must be digits only";
  if (pin.length < 6) return "needs at least 6 digits";
  if (pin.length > 32) return "may have at most 32 digits";
  return isTrivial(pin) ? "is too easy to guess (a repeated group or a run of digits)" : undefined;
}

export function isGoodPin(pin: string): boolean {
  return pinProblem(pin) === undefined;
}

/** 111111, 121212, 123123, 123456, 987654, 567890 … */
function isTrivial(pin: string): boolean {
  if (/^(\d{1,3})\1+$/.test(pin)) return true;
  const steps = [...pin].slice(1).map((digit, at) => (Number(digit) - Number(pin[at]) + 10) % 10);
  return steps.every((step) => step === 1) || steps.every((step) => step === 9);
}

/** `scrypt$N$r$p$salt$key`, both in base64url. */
export async function hashPin(pin: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await keyOf(pin, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** In constant time for every PIN. False, too, for a hash that is not one. */
export async function verifyPin(pin: string, hash: string): Promise<boolean> {
  const parts = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(hash);
  if (!parts) return false;
  const [N, r, p] = parts.slice(1, 4).map(Number) as [number, number, number];
  const stored = Buffer.from(parts[5] ?? "", "base64url");
  if (N > MAX_N || r > 16 || p > 4 || stored.length !== KEY_BYTES) return false;
  const key = await keyOf(pin, Buffer.from(parts[4] ?? "", "base64url"), { N, r, p }).catch(() => undefined);
  return key !== undefined && timingSafeEqual(key, stored);
}

/** The hash to keep for a configured PIN: the stored one while it still fits, so that a restart changes no row. */
export async function pinHashFor(pin: string, stored: string | null | undefined): Promise<string> {
  return stored && (await verifyPin(pin, stored)) ? stored : hashPin(pin);
}

function keyOf(pin: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return derive(pin, salt, KEY_BYTES, { ...cost, maxmem: 256 * cost.N * cost.r });
}

export interface PinAttempt {
  /** `locked`: refused whether the PIN was right or not. */
  readonly verdict: "right" | "wrong" | "locked";
  /** Tries left before the lock. */
  readonly left: number;
  /** How long the lock still holds, 0 when there is none. */
  readonly lockedForMs: number;
  /** To be written to the person's row; empty when nothing changed. */
  readonly set: Partial<Pick<PersonFields, "pinFailures" | "pinLockedUntil">>;
}

/** Five wrong PINs in a row lock decisions by PIN for 15 minutes; after that there are five tries again. `now` in epoch ms. */
export function pinAttempt(person: Pick<PersonFields, "pinFailures" | "pinLockedUntil">, ok: boolean, now: number): PinAttempt {
  if (now < person.pinLockedUntil) return { verdict: "locked", left: 0, lockedForMs: person.pinLockedUntil - now, set: {} };
  if (ok) {
    const clean = person.pinFailures === 0 && person.pinLockedUntil === 0;
    return { verdict: "right", left: MAX_WRONG, lockedForMs: 0, set: clean ? {} : { pinFailures: 0, pinLockedUntil: 0 } };
  }
  const failures = person.pinFailures + 1;
  if (failures < MAX_WRONG) return { verdict: "wrong", left: MAX_WRONG - failures, lockedForMs: 0, set: { pinFailures: failures } };
  return { verdict: "wrong", left: 0, lockedForMs: LOCK_MS, set: { pinFailures: 0, pinLockedUntil: now + LOCK_MS } };
}
