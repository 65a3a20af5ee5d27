/**
 * Gaps of a connection that are made up for from history: when a session without a past begins, what stands after the marks is fetched first, by
 * the hub's own call or, when none comes soon, by itself. And what the hub could not take is fetched again a little later.
 * Invariant: while a gap is being made up for, nothing said later is delivered.
 */
import type { CaughtUp, ConnectorContext } from "../../src/contract/connector.ts";
import type { Lanes } from "./lanes.ts";
import type { Marks } from "./marks.ts";

export interface Page {
  /** As the platform gives them, with their ids, oldest first. */
  readonly messages: readonly { readonly id: string }[];
  /** More stand after the last of these. */
  readonly hasMore: boolean;
}

export interface GapParts {
  readonly context: Pick<ConnectorContext, "now" | "setTimer" | "log" | "caughtUp">;
  readonly lanes: Lanes;
  readonly marks: Marks;
  /** Connected, and somebody is there to be told. */
  readonly isHeard: () => boolean;
  /** For good. */
  readonly isClosed: () => boolean;
  /** Channels in which something may stand after the mark. Rejects while there is no connection, as `read` does. */
  readonly waiting: () => Promise<readonly string[]>;
  /** What was said in a channel after that id. Undefined when this channel cannot be read. */
  readonly read: (channel: string, after: string) => Promise<Page | undefined>;
  /** Hands one on, in its channel's order. True when it was for us and has been taken. */
  readonly take: (message: { readonly id: string }) => Promise<boolean>;
}

export interface Gap {
  /** A session without a past has begun. */
  begin(): void;
  /** The power of that name. */
  catchUp(): Promise<CaughtUp>;
  /** A message of this channel could not be taken. */
  retry(channel: string): void;
  /** Takes what is said now: in its channel's order, and not before the gap is over. */
  inTurn<T>(channel: string, work: () => Promise<T>): Promise<T>;
}

/** For so long the hub's call is waited for. */
const GRACE_MS = 250;
const RETRY_MS = 5000;
const ALIVE_EVERY_MS = 30_000;
/** Of one channel no more pages are fetched at once. */
const MOST_PAGES = 10;

export function createGap({ context, lanes, marks, isHeard, isClosed, waiting, read, take }: GapParts): Gap {
  const { now, setTimer, log } = context;
  const retrying = new Set<string>();
  let running: Promise<CaughtUp> | undefined;
  let open: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  let sessions = 0;

  function begin(): void {
    open ??= Promise.withResolvers<void>();
    sessions += 1;
    if (sessions === 1) beat();
    soon(GRACE_MS);
  }

  function end(): void {
    open?.resolve();
    open = undefined;
  }

  /** By itself, unless somebody has taken it up by then, or a later session has begun. */
  function soon(ms: number): void {
    const session = sessions;
    setTimer(ms, () => {
      if (!open || running || session !== sessions) return;
      if (!isHeard()) return end();
      catchUp().then(context.caughtUp, (thrown: unknown) =>
        log.warn({ err: thrown }, "what was said meanwhile could not be fetched; trying again"),
      );
    });
  }

  /** When it fails, what is said now goes on waiting: its marks would pass what was missed. */
  function catchUp(): Promise<CaughtUp> {
    running ??= untilNoGap().finally(() => {
      running = undefined;
      if (open) soon(RETRY_MS);
    });
    return running;
  }

  async function untilNoGap(): Promise<CaughtUp> {
    let session;
    let gap: CaughtUp = { fetched: 0 };
    do {
      session = sessions;
      const found = await all();
      gap = { ...found, ...gap, fetched: gap.fetched + found.fetched, isPartial: gap.isPartial === true || found.isPartial };
    } while (session !== sessions);
    end();
    return gap;
  }

  async function all(): Promise<CaughtUp & { readonly isPartial: boolean }> {
    const lastAlive = await marks.lastAlive();
    let fetched = 0;
    let isPartial = false;
    for (const channel of await waiting()) {
      const found = await one(channel);
      fetched += found.fetched;
      isPartial ||= found.isPartial;
    }
    await marks.alive(now());
    return { fetched, isPartial, ...(lastAlive === undefined ? {} : { awayMs: Math.max(0, now() - lastAlive) }) };
  }

  async function one(channel: string): Promise<{ readonly fetched: number; readonly isPartial: boolean }> {
    let since = await marks.since(channel);
    let fetched = 0;
    for (let pages = 0; since !== undefined; pages += 1) {
      const page = pages < MOST_PAGES ? await read(channel, since) : undefined;
      if (!page) return { fetched, isPartial: true };
      for (const message of page.messages) if (await take(message)) fetched += 1;
      since = page.hasMore ? page.messages.at(-1)?.id : undefined;
    }
    return { fetched, isPartial: false };
  }

  function retry(channel: string): void {
    if (retrying.has(channel)) return;
    retrying.add(channel);
    setTimer(RETRY_MS, () => {
      retrying.delete(channel);
      if (isClosed()) return;
      if (isHeard()) void lanes.run(channel, () => one(channel)).catch(() => retry(channel));
      else retry(channel);
    });
  }

  /** Where nothing is said for the hub no mark is written: this says until when it has listened. */
  function beat(): void {
    setTimer(ALIVE_EVERY_MS, () => {
      if (isClosed()) return;
      const hasHeardAll = isHeard() && open === undefined;
      void (hasHeardAll ? marks.alive(now()) : Promise.resolve()).catch(() => {}).finally(beat);
    });
  }

  async function afterGap<T>(work: () => Promise<T>): Promise<T> {
    await open?.promise;
    return work();
  }

  return { begin, catchUp, retry, inTurn: (channel, work) => lanes.run(channel, () => afterGap(work)) };
}
