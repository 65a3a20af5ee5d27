/** A budget of requests per token, so that one program's loop does not take the hub from everybody else. In memory: a restart forgives. */
import type { Clock } from "../clock.ts";

/** Far above what a person's page and commands need at once, and what they need for long. */
const BURST = 300;
const PER_SECOND = 30;

export interface Limiter {
  /** 0 when the request may go on, else after how many seconds one may. */
  take(id: string): number;
}

export function createLimiter({ now }: Pick<Clock, "now">, { burst = BURST, perSecond = PER_SECOND } = {}): Limiter {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(id) {
      const at = now();
      const bucket = buckets.get(id) ?? { left: burst, at };
      const left = Math.min(burst, bucket.left + (Math.max(0, at - bucket.at) * perSecond) / 1000);
      if (left < 1) return Math.ceil((1 - left) / perSecond);
      buckets.delete(id);
      buckets.set(id, { left: left - 1, at });
      // The one unused for longest is full again long since.
      if (buckets.size > 10_000) buckets.delete(buckets.keys().next().value ?? "");
      return 0;
    },
  };
}
