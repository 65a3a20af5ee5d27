/**
 * Everybody who looks at the console just now: each gets what the log holds after the place they name, then what comes, each entry once.
 * A slow reader is never buffered for: entries are read from the log when it asks for more; glimpses are kept one per turn.
 */
import { encodeFrame } from "./encode.ts";
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
}

export interface Audience {
  /** Shown to whoever looks now and forgotten. */
  show(glimpse: Glimpse): void;
  /** A stream of server-sent events. Ends when the audience is sent home or the reader leaves. */
  look(look: Look): Promise<ReadableStream<Uint8Array>>;
  sendHome(): void;
}

interface Looker {
  wake(): void;
  readonly glimpses: Map<string, Glimpse>;
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
      if (entry.trace !== null && entry.type === "message") looker.glimpses.delete(entry.trace);
      looker.wake();
    }
  });

  async function look({ viewer, after, threadId }: Look): Promise<ReadableStream<Uint8Array>> {
    const head = await log.head();
    let cursor = Math.min(after ?? head, head);
    const alarm = createAlarm(setTimer);
    const looker: Looker = { wake: alarm.ring, glimpses: new Map() };
    lookers.add(looker);
    const isWanted = (entry: Entry): boolean => isFor(viewer, entry) && (threadId === undefined || entry.threadId === threadId);

    /** The next thing to say; undefined when it is time to go. */
    async function next(): Promise<string | undefined> {
      while (!home && lookers.has(looker)) {
        const entries = await log.read(cursor, BATCH);
        cursor = entries.at(-1)?.n ?? cursor;
        const frames = entries.filter(isWanted).map(encodeFrame).join("");
        if (frames !== "") return frames;
        if (entries.length > 0) continue;
        const glimpses = [...looker.glimpses.values()].filter((seen) => threadId === undefined || seen.threadId === threadId);
        looker.glimpses.clear();
        if (glimpses.length > 0) return glimpses.map(encodeFrame).join("");
        if ((await alarm.wait(HEARTBEAT_MS)) === "silence") return ": still here\n\n";
      }
      return undefined;
    }

    const utf8 = new TextEncoder();
    return new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(utf8.encode(encodeFrame({ type: "ready", n: cursor }))),
      async pull(controller) {
        const said = await next();
        if (said !== undefined) return controller.enqueue(utf8.encode(said));
        if (lookers.delete(looker)) controller.close();
      },
      cancel() {
        lookers.delete(looker);
        alarm.ring();
      },
    });
  }

  return {
    look,
    show(glimpse) {
      const key = glimpse.type === "delta" ? glimpse.trace : `typing in ${glimpse.threadId}`;
      for (const looker of lookers) {
        looker.glimpses.set(key, glimpse);
        looker.wake();
      }
    },
    sendHome() {
      home = true;
      for (const looker of lookers) looker.wake();
    },
  };
}

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
