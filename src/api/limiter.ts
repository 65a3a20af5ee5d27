/** A budget of requests per token, so that one program's loop does not take the hub from everybody else. In memory: a restart forgives. */
import type { Clock } from "../clock.ts";

/** So many seconds' worth may be asked at once, as a page does when it opens. */
const BURST_SECONDS = 10;
/** A token unused for longest is forgotten above this many; its budget is full again long since. */
const MOST_TOKENS = 10_000;

export interface Limiter {
  /** 0 when the request may go on, else after how many seconds one may. */
  take(id: string): number;
}

export function createLimiter({ now }: Pick<Clock, "now">, perSecond: number): Limiter {
  const burst = perSecond * BURST_SECONDS;
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(id) {
      const at = now();
      const bucket = buckets.get(id) ?? { left: burst, at };
      const left = Math.min(burst, bucket.left + (Math.max(0, at - bucket.at) * perSecond) / 1000);
      if (left < 1) return Math.ceil((1 - left) / perSecond);
      buckets.delete(id);
      buckets.set(id, { left: left - 1, at });
      if (buckets.size > MOST_TOKENS) buckets.delete(buckets.keys().next().value ?? "");
      return 0;
    },
  };
}
