/**
 * The two reactions below a card that waits for a person; its text says the same. What the server does not take now comes later, unless
 * the card is decided by then. Invariant: what is held back is in the account's state before the card counts as sent, so no restart forgets it.
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import { isRefusal, MatrixTrouble } from "./api.ts";
import { CHOICES } from "./ids.ts";

type Parts = Pick<ConnectorContext, "state" | "setTimer" | "log"> & {
  /** Puts this reaction below an event, once however often it is called. */
  readonly react: (room: string, target: string, emoji: string, transaction: string) => Promise<unknown>;
};

/** Rooms by the cards' events. */
const heldBack = z.record(z.string(), z.string()).catch({});
const KEY = "unseeded";
/** Where the server gave no answer. */
const RETRY_MS = 5000;

export function createSeeds({ state, setTimer, log, react }: Parts) {
  const timers = new Map<string, () => void>();
  let loading: Promise<Map<string, string>> | undefined;
  let isClosed = false;
  let writing: Promise<unknown> = Promise.resolve();

  const load = () => (loading ??= Promise.resolve(state.get(KEY)).then((kept) => new Map(Object.entries(heldBack.parse(kept)))));

  function write(rooms: ReadonlyMap<string, string>): Promise<unknown> {
    return (writing = writing.then(() => state.set(KEY, Object.fromEntries(rooms))));
  }

  /** Never rejects: without its reactions a card is as good. */
  const seed = (room: string, target: string): Promise<void> =>
    attempt(room, target).catch((err: unknown) => log.warn({ room, err }, "what is held back of a card is not kept"));

  async function attempt(room: string, target: string): Promise<void> {
    try {
      for (const [choice, emoji] of Object.entries(CHOICES)) await react(room, target, emoji, `seed-${choice}-${target}`);
      await forget(target);
    } catch (err) {
      if (!isRefusal(err)) return holdBack(room, target, err instanceof MatrixTrouble ? err.retryAfterMs : undefined);
      log.warn({ room, err }, "a card has no reactions below it");
      await forget(target);
    }
  }

  async function holdBack(room: string, target: string, ms = RETRY_MS): Promise<void> {
    if (!isClosed)
      timers.set(
        target,
        setTimer(ms, () => void seed(room, target)),
      );
    const rooms = await load();
    if (!rooms.has(target)) await write(rooms.set(target, room));
  }

  /** The card is decided, or has its reactions. */
  async function forget(target: string): Promise<void> {
    timers.get(target)?.();
    timers.delete(target);
    const rooms = await load();
    if (rooms.delete(target)) await write(rooms);
  }

  return {
    seed,
    forget,
    /** What the last life still had to put. */
    async resume(): Promise<void> {
      for (const [target, room] of await load()) if (!timers.has(target)) await seed(room, target);
    },
    close(): void {
      isClosed = true;
      for (const cancel of timers.values()) cancel();
    },
  };
}
