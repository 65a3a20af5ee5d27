/**
 * Follows the console's feed for as long as the caller likes: over lost connections and restarts of the hub, each entry once.
 * Knows nothing of what the entries mean.
 */
import { type FeedEvent, feedEvent } from "../../../connectors/console/entry.ts";
import type { Clock } from "../../clock.ts";
import { HubError } from "../../contract/errors.ts";
import { HubAnswerError } from "../../client.ts";
import type { HubClient } from "../hub-client.ts";
import type { ServerEvent } from "../../server-events.ts";

export type Followed = FeedEvent | { readonly type: "connection"; readonly state: "lost" | "back" };

export interface FollowOptions {
  readonly client: HubClient;
  /** Where the console answers, e.g. `/connectors/console`. */
  readonly base: string;
  readonly clock: Clock;
  /** Ends the following; the generator then returns. */
  readonly signal: AbortSignal;
}

/** The first event is `ready`. Rejects only when the first connection fails; a later loss is told as `connection` and mended. */
export async function* followFeed({ client, base, clock, signal }: FollowOptions): AsyncGenerator<Followed> {
  let cursor: number | undefined;
  const pause = createPause(clock, signal);
  while (!signal.aborted) {
    const isReturn = cursor !== undefined;
    try {
      for await (const sent of client.events(`${base}/feed`, { lastEventId: cursor?.toString(), signal })) {
        const event = parseEvent(sent);
        if (event === undefined) continue;
        if (event.type === "ready" && isReturn) yield { type: "connection", state: "back" };
        if ("n" in event) {
          // A hub that knows fewer entries than we have seen began a new log: what it has is all new.
          if (event.type !== "ready" && cursor !== undefined && event.n <= cursor) continue;
          cursor = event.n;
        }
        pause.reset();
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (cursor === undefined || !isPassing(error)) throw error;
    }
    if (signal.aborted) return;
    if (pause.isFirst()) yield { type: "connection", state: "lost" };
    await pause.wait();
  }
}

function parseEvent({ data }: ServerEvent): FeedEvent | undefined {
  try {
    // What a newer hub adds to the feed is not for this face.
    return feedEvent.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}

/** Gone for now, not for good. A token is refused for a moment while a restarted hub has not yet written down its new one. */
export function isPassing(error: unknown): boolean {
  if (error instanceof HubAnswerError) return error.status >= 500 || error.status === 401;
  return error instanceof HubError && (error.code === "hub_not_running" || error.code === "hub_unreachable");
}

/** Tries again until it works, fails for good, or the signal ends it. The request must be one that may be sent twice. */
export async function insist<T>(work: () => Promise<T>, { clock, signal }: Pick<FollowOptions, "clock" | "signal">): Promise<T> {
  const pause = createPause(clock, signal);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      await pause.wait();
    }
  }
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** Waits twice as long each time. */
function createPause(clock: Clock, signal: AbortSignal): { wait(): Promise<void>; isFirst(): boolean; reset(): void } {
  let ms = FIRST_PAUSE_MS;
  return {
    isFirst: () => ms === FIRST_PAUSE_MS,
    reset: () => void (ms = FIRST_PAUSE_MS),
    async wait() {
      await new Promise<void>((resolve) => {
        if (signal.aborted) return resolve();
        const cancel = clock.setTimer(ms, resolve);
        signal.addEventListener("abort", () => resolve(cancel()), { once: true });
      });
      ms = Math.min(ms * 2, LONGEST_PAUSE_MS);
    },
  };
}
