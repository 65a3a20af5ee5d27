/** What a connector remembers of its platform in memory: bounded, and asked for once. Knows no platform. */

export interface Recent<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

/** As many as `max`, the oldest forgotten first. */
export function createRecent<T>(max: number): Recent<T> {
  const kept = new Map<string, T>();
  return {
    get: (key) => kept.get(key),
    set(key, value) {
      kept.delete(key);
      kept.set(key, value);
      if (kept.size > max) for (const oldest of kept.keys()) return void kept.delete(oldest);
    },
  };
}

/** The answer of `ask` for this key, from then on without asking; asked again after it failed. */
export function askOnce<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before) return before;
  const asked = ask();
  known.set(key, asked);
  asked.catch(() => known.get(key) === asked && known.delete(key));
  return asked;
}
