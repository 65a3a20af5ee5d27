/** The console's own ids. Opaque to everyone else; all are made from the number of the log entry that brought them forth. */
import { z } from "zod";

/** The console is one chat. */
export const CHAT = "console";
/** The thread of everything that names none. */
export const MAIN_THREAD = "main";
/** Sender of whoever holds the hub's local token. */
export const LOCAL_SENDER = "local";

/** A thread may be named freely by its first message, so it is kept to what a shell and a URL carry unquoted. */
export const threadId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "a thread id has at most 64 letters, digits, dots, dashes and underscores");

/** Drawn by the client, the same again when it sends the same thing again. */
export const clientId = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, "a client id has at most 128 letters, digits, dots, colons, dashes and underscores");

export const fileId = z.string().regex(/^[0-9a-f]{32}$/, "a file id has 32 hexadecimal digits");

export const threadIdOf = (n: number): string => `t${n}`;
export const messageIdOf = (n: number): string => `m${n}`;

/** The number of the entry that first showed this message; undefined when it is none of ours. */
export function entryOf(messageId: string): number | undefined {
  const digits = /^m([1-9]\d{0,14})$/.exec(messageId)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Two people whose clients draw the same id are still two events. */
export const eventIdOf = (sender: string, id: string): string => `${sender}/${id}`;

/** The key of the entry that shows a person's message. */
export const keyOfEvent = (eventId: string): string => `event:${eventId}`;

/** Where the account's state holds the record of a file. */
export const fileKey = (id: string): string => `file:${id}`;
