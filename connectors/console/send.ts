/**
 * Outward: every call writes to the log first and resolves when the entry is durable. Nothing here rejects where the contract says so.
 * Knows nothing of people's requests.
 */
import { randomUUID } from "node:crypto";
import type { Powers } from "../../src/contract/connector.ts";
import { asHubError } from "../../src/contract/errors.ts";
import type { OutboundMessage, SendResult } from "../../src/contract/message.ts";
import { encodeMessage, encodeReaction, encodeReceipt, encodeThread, encodeTurnEnd, encodeWhisper, keyOfSend, threadOf } from "./encode.ts";
import type { Draft } from "./entry.ts";
import type { Audience } from "./feed.ts";
import type { ConsoleFiles } from "./files.ts";
import type { MessageLog } from "./log.ts";

/** Our own number, not a platform's: one message stays far below what a terminal or a page draws at once. In Unicode code points. */
export const TEXT_LIMIT = { max: 100_000, unit: "codepoints" } as const;

export interface Outward {
  readonly log: MessageLog;
  readonly files: ConsoleFiles;
  readonly audience: Audience;
  readonly turnstile: Turnstile;
  readonly now: () => number;
  readonly isClosed: () => boolean;
  /** Told of every entry written for the hub. */
  readonly onReceipt: () => void;
}

const CLOSED: SendResult = { delivered: false, outcome: "not_sent", error: "The console is closed.", verdict: { do: "retry" } };
const drop = (error: string): SendResult => ({ delivered: false, outcome: "not_sent", error, verdict: { do: "drop" } });

export function createSend(outward: Outward): (message: OutboundMessage) => Promise<SendResult> {
  return async (message) => {
    if (isLongerThan(message.text, TEXT_LIMIT.max)) return drop(`The text is longer than ${TEXT_LIMIT.max} characters.`);
    if (message.edits !== undefined && !(await isKnown(outward.log, message.edits.messageId)))
      return drop("There is no such message to edit.");
    return write(outward, () => encodeSend(outward, message));
  };
}

async function encodeSend({ files, now }: Outward, message: OutboundMessage): Promise<Draft> {
  const { attachments = [] } = message;
  if (attachments.length === 0 || message.edits !== undefined) return encodeMessage(message, now());
  const key = keyOfSend(message) ?? `send:${randomUUID()}`;
  return { ...encodeMessage(message, now(), await files.offer(attachments, key)), key };
}

export function createPowers(outward: Outward): Powers {
  const { log, audience, now } = outward;
  return {
    edit: true,
    ask: true,
    answersMessages: true,
    upload: true,
    idempotentMs: Infinity,
    replays: true, // The console is away when the hub is.
    react: async (place, target, emoji) =>
      (await isKnown(log, target.messageId))
        ? write(outward, () => encodeReaction(place, target, emoji, now()))
        : drop("There is no such message."),
    turnEnd: (place, mark) => write(outward, () => encodeTurnEnd(place, mark, now())),
    whisper: (place, to, text, as) => write(outward, () => encodeWhisper({ ...place, text, ...as }, to, now())),
    typing: async (place) => audience.show({ type: "typing", threadId: threadOf(place) }),
    stream: async (place, trace, text) => audience.show({ type: "delta", threadId: threadOf(place), trace, text }),
    openThread: async (_place, from, title) => ({ threadId: (await log.append(encodeThread(title, from, now()))).threadId }),
    reconcile: async (message) => {
      const key = keyOfSend(message);
      const entry = key === undefined ? undefined : await log.find(key);
      return entry && encodeReceipt(entry);
    },
  };
}

/** A store that refuses has written nothing (see `MessageLog.append`), so the hub may simply try again. */
async function write(outward: Outward, encode: () => Draft | Promise<Draft>): Promise<SendResult> {
  await outward.turnstile.pass();
  if (outward.isClosed()) return CLOSED;
  try {
    const entry = await outward.log.append(await encode());
    outward.onReceipt();
    const receipt = encodeReceipt(entry);
    return { delivered: true, outcome: "sent", messageId: receipt?.messageId, receipt };
  } catch (error) {
    return { delivered: false, outcome: "not_sent", error: asHubError(error).message, verdict: { do: "retry" } };
  }
}

/** A log that cannot be read just now is found out by the write that follows. */
async function isKnown(log: MessageLog, messageId: string): Promise<boolean> {
  return log.message(messageId).then(
    (message) => message !== undefined,
    () => true,
  );
}

/** A string never has more code points than UTF-16 units, so only long ones are counted. */
function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false;
  let points = 0;
  for (const _ of text) if (++points > max) return true;
  return false;
}

// questions before answers

/** Far above what taking a message needs, and too short for a person to notice. */
const PATIENCE_MS = 8000;

/**
 * What the hub sends waits while a person's message is being taken, so that the log shows it first. Nobody waits for longer than
 * `PATIENCE_MS`, for a handler may itself be waiting for its send.
 */
export interface Turnstile {
  /** Runs `work`, which takes a message and shows it; sends that begin meanwhile wait for it. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves in the order of the calls. */
  pass(): Promise<void>;
}

export function createTurnstile(setTimer: (ms: number, fn: () => void) => () => void): Turnstile {
  const held = new Set<Promise<void>>();
  let line: Promise<void> = Promise.resolve();

  return {
    async hold(work) {
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      const cancel = setTimer(PATIENCE_MS, release);
      held.add(released);
      void released.then(() => held.delete(released));
      try {
        return await work();
      } finally {
        cancel();
        release();
      }
    },
    pass() {
      line = line.then(async () => void (await Promise.all(held)));
      return line;
    },
  };
}
