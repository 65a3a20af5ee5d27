/**
 * Small things beside a message that a platform does not take now: each is tried again when it says so, also in the next life, until it is done,
 * forgotten or refused. Knows no platform. Invariant: what is owed is in the account's state before the first try resolves.
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";

export interface OwedParts extends Pick<ConnectorContext, "state" | "setTimer" | "log"> {
  /** What it is kept under in the account's state. */
  readonly name: string;
  /** Twice is as good as once. */
  readonly work: (key: string, place: string) => Promise<unknown>;
  /** How long to wait after this, ms; undefined: it will never do. */
  readonly waitAfter: (thrown: unknown) => number | undefined;
}

export interface Owed {
  /** Resolves after the first try, whatever came of it. */
  begin(key: string, place: string): Promise<void>;
  /** It is not wanted any more. */
  forget(key: string): Promise<void>;
  /** Begins what the last life still owed. */
  resume(): Promise<void>;
  close(): void;
}

/** Places by keys. */
const kept = z.record(z.string(), z.string()).catch({});

export function createOwed({ state, setTimer, log, name, work, waitAfter }: OwedParts): Owed {
  const timers = new Map<string, () => void>();
  let loading: Promise<Map<string, string>> | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  const load = () => (loading ??= Promise.resolve(state.get(name)).then((owed) => new Map(Object.entries(kept.parse(owed)))));
  const write = (owed: ReadonlyMap<string, string>): Promise<unknown> =>
    (writing = writing.then(() => state.set(name, Object.fromEntries(owed))));
  const logged = (work: Promise<void>): Promise<void> => work.catch((err: unknown) => log.warn({ name, err }, "what is owed is not kept"));
  const begin = (key: string, place: string): Promise<void> => logged(attempt(key, place));

  async function attempt(key: string, place: string): Promise<void> {
    try {
      await work(key, place);
    } catch (err) {
      const waitMs = waitAfter(err);
      if (waitMs !== undefined) return later(key, place, waitMs);
      log.warn({ name, place, err }, "what was owed is refused");
    }
    await forget(key);
  }

  async function later(key: string, place: string, ms: number): Promise<void> {
    const again = (): void => void begin(key, place);
    if (!isClosed) timers.set(key, setTimer(ms, again));
    const owed = await load();
    if (!owed.has(key)) await write(owed.set(key, place));
  }

  async function forget(key: string): Promise<void> {
    timers.get(key)?.();
    timers.delete(key);
    const owed = await load();
    if (owed.delete(key)) await write(owed);
  }

  async function takeUp(): Promise<void> {
    for (const [key, place] of await load()) if (!timers.has(key)) await begin(key, place);
  }

  return {
    begin,
    forget: (key) => logged(forget(key)),
    resume: () => logged(takeUp()),
    close(): void {
      isClosed = true;
      for (const cancel of timers.values()) cancel();
    },
  };
}
