/** The fake's rate limits: a bucket per route and its channel, guild or webhook, told in headers. Discord Developer Docs, Rate Limits. */

export interface Window {
  readonly count: number;
  readonly windowMs: number;
}

export interface Taken {
  readonly headers: Record<string, string>;
  /** Undefined when the call may go through. */
  readonly retryAfterMs: number | undefined;
}

export interface Limits {
  /** Takes one call of a bucket. */
  take(bucket: string, major: string, window: Window): Taken;
}

export function createLimits(now: () => number): Limits {
  const used = new Map<string, { count: number; until: number }>();
  return {
    take(bucket, major, { count: limit, windowMs }) {
      const key = `${bucket}:${major}`;
      const at = now();
      const known = used.get(key);
      const state = known && known.until > at ? known : { count: 0, until: at + windowMs };
      used.set(key, state);
      const isOver = state.count >= limit;
      if (!isOver) state.count += 1;
      const leftMs = state.until - at;
      const headers = {
        "x-ratelimit-limit": String(limit),
        "x-ratelimit-remaining": String(Math.max(0, limit - state.count)),
        "x-ratelimit-reset": (state.until / 1000).toFixed(3),
        "x-ratelimit-reset-after": (leftMs / 1000).toFixed(3),
        "x-ratelimit-bucket": bucket,
      };
      return { headers, retryAfterMs: isOver ? leftMs : undefined };
    },
  };
}
