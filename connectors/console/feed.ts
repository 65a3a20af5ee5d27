/**
 * Everybody who looks at the console just now: each gets what the log holds after the place they name, then what comes, each entry once.
 * A slow reader is never buffered for: entries are read from the log when it asks for more; glimpses are kept one per turn.
 */
import type { Entry, Glimpse } from "./entry.ts";
import { isFor, type MessageLog } from "./log.ts";

/** Silence is told from a dead connection by a comment this often. Proxies commonly cut after 60 s. */
const HEARTBEAT_MS = 15_000;
const BATCH = 64;

export interface Look {
  readonly viewer: string;
  /** Entries after this number; absent: only what comes from now on. */
  readonly after?: number | undefined;
  /** Only this thread. */
  readonly threadId?: string | undefined;
  /** The least time between two glimpses, ms, by what the last ones were. Absent: as they come. */
  readonly pauseAfter?: ((glimpses: readonly Seen[]) => number) | undefined;
}

/** One person has read a thread, told to that person's own windows alone. */
export interface ReadMark {
  readonly type: "read";
  readonly threadId: string;
  readonly reader: string;
}
export type Seen = Glimpse | ReadMark;

/** What there is to say next: entries in order, what was glimpsed meanwhile, or nothing for so long that a sign of life is due. */
export type Said =
  | { readonly type: "entries"; readonly entries: readonly Entry[]; readonly cursor: number }
  | { readonly type: "glimpses"; readonly glimpses: readonly Seen[] }
  | { readonly type: "silence" };

export interface Following {
  /** The number of the entry it begins after. */
  readonly from: number;
  /** Undefined when the audience is sent home or the follower has left. Not to be called again before it has resolved. */
  next(): Promise<Said | undefined>;
  leave(): void;
}

export interface Audience {
  /** Shown to whoever looks now and forgotten. */
  show(seen: Seen): void;
  follow(look: Look): Promise<Following>;
  sendHome(): void;
}

interface Looker {
  wake(): void;
  readonly viewer: string;
  readonly glimpses: Map<string, Seen>;
}

export interface AudienceOptions {
  readonly log: MessageLog;
  readonly setTimer: (ms: number, fn: () => void) => () => void;
}

export function createAudience({ log, setTimer }: AudienceOptions): Audience {
  const lookers = new Set<Looker>();
  let home = false;

  log.onAppend((entry) => {
    for (const looker of lookers) {
      // What was glimpsed of a turn is stale once the log says more about it.
      if (entry.trace !== null && (entry.type === "message" || entry.type === "turn_end")) looker.glimpses.delete(entry.trace);
      if (entry.type === "turn_end") looker.glimpses.delete(typingKey(entry.threadId));
      looker.wake();
    }
  });

  async function follow({ viewer, after, threadId, pauseAfter }: Look): Promise<Following> {
    const head = await log.head();
    const from = Math.min(after ?? head, head);
    let cursor = from;
    let isPausing = false;
    const alarm = createAlarm(setTimer);
    const looker: Looker = { wake: alarm.ring, viewer, glimpses: new Map() };
    lookers.add(looker);
    const isHere = (seen: { threadId: string }): boolean => threadId === undefined || seen.threadId === threadId;

    async function next(): Promise<Said | undefined> {
      while (!home && lookers.has(looker)) {
        const read = await log.read(cursor, BATCH);
        cursor = read.at(-1)?.n ?? cursor;
        const entries = read.filter((entry) => isFor(viewer, entry) && isHere(entry));
        if (entries.length > 0) return { type: "entries", entries, cursor };
        if (read.length > 0) continue;
        const glimpses = isPausing ? [] : takeGlimpses();
        if (glimpses.length > 0) return { type: "glimpses", glimpses };
        if ((await alarm.wait(HEARTBEAT_MS)) === "silence") return { type: "silence" };
      }
      return undefined;
    }

    function takeGlimpses(): Seen[] {
      const glimpses = [...looker.glimpses.values()].filter(isHere);
      looker.glimpses.clear();
      if (glimpses.length === 0 || pauseAfter === undefined) return glimpses;
      isPausing = true;
      setTimer(pauseAfter(glimpses), () => {
        isPausing = false;
        alarm.ring();
      });
      return glimpses;
    }

    function leave(): void {
      lookers.delete(looker);
      alarm.ring();
    }

    return { from, next, leave };
  }

  return {
    follow,
    show(seen) {
      for (const looker of lookers) {
        if (seen.type === "read" && seen.reader !== looker.viewer) continue;
        looker.glimpses.set(keyOf(seen), seen);
        looker.wake();
      }
    },
    sendHome() {
      home = true;
      for (const looker of lookers) looker.wake();
    },
  };
}

const typingKey = (threadId: string): string => `typing in ${threadId}`;

/** Of what has the same key only the newest is kept. */
function keyOf(seen: Seen): string {
  if (seen.type === "delta") return seen.trace;
  return seen.type === "typing" ? typingKey(seen.threadId) : `read ${seen.threadId}`;
}

/** What is said as frames of server-sent events; `encode` gives nothing for what its face does not show. Ends as the following does. */
export function streamFrames(
  following: Following,
  first: string,
  encode: (said: Said) => string | Promise<string>,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  let isOver = false;
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(utf8.encode(first)),
    async pull(controller) {
      for (let said = await following.next(); said !== undefined; said = await following.next()) {
        const frames = await encode(said);
        if (frames !== "") return controller.enqueue(utf8.encode(frames));
      }
      if (!isOver) controller.close();
    },
    cancel() {
      isOver = true;
      following.leave();
    },
  });
}

export const EVENT_STREAM = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" } as const;

interface Alarm {
  /** Ends the present wait, or the next one at once when nobody waits. */
  ring(): void;
  wait(ms: number): Promise<"rung" | "silence">;
}

function createAlarm(setTimer: AudienceOptions["setTimer"]): Alarm {
  let rung = false;
  let end: ((why: "rung" | "silence") => void) | undefined;
  return {
    ring() {
      if (end === undefined) rung = true;
      else end("rung");
    },
    async wait(ms) {
      if (rung) {
        rung = false;
        return "rung";
      }
      let cancel = (): void => {};
      const why = await new Promise<"rung" | "silence">((resolve) => {
        end = resolve;
        cancel = setTimer(ms, () => resolve("silence"));
      });
      end = undefined;
      cancel();
      return why;
    },
  };
}
