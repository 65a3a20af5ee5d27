/**
 * Slack's ids: the `ts` that names a message within its channel, the hub's event ids made of both, and what is read of its history. Pure. A ts is a
 * string of seconds and six digits, and never a number. Slack Developer Docs, "Retrieving messages" (2026).
 */
import type { IdOrder } from "../shared/marks.ts";

const micros = (ts: string): bigint => {
  const [seconds = "0", fraction = ""] = ts.split(".");
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
};

function tsOf(count: bigint): string {
  const digits = String(count < 0n ? 0n : count).padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

export const stamps: IdOrder = {
  isLater: (id, than) => micros(id) > micros(than),
  before: (id) => tsOf(micros(id) - 1n),
  at: (ms) => tsOf(BigInt(Math.max(0, Math.floor(ms))) * 1000n),
};

export const timeOf = (ts: string): number => Number(micros(ts) / 1000n);

export const isTs = (text: string): boolean => /^\d{1,12}\.\d{6}$/.test(text);

export const isChannelId = (text: string): boolean => /^[CDG][A-Z0-9]{2,}$/.test(text);

/** The one id of a message, by whichever event it is told. */
export const eventIdOf = (channel: string, ts: string): string => `${channel}:${ts}`;

/** Undefined for what is no message, as a slash command. */
export const tsOfEvent = (eventId: string): string | undefined => /^[A-Z0-9]+:(\d+\.\d{6})$/.exec(eventId)?.[1];

/** A channel, or one thread of it, as the thing whose history is read. */
export interface Reading {
  readonly channel: string;
  readonly thread?: string | undefined;
}

export const readingKey = ({ channel, thread }: Reading): string => (thread === undefined ? channel : `${channel}/${thread}`);

export function readingOf(key: string): Reading {
  const [channel = "", thread] = key.split("/");
  return { channel, thread };
}
