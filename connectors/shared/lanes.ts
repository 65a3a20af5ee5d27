/** Work in strict order for each key, one at a time; different keys side by side. */

export interface Lanes {
  /** Resolves or rejects as `work`; what follows in the lane runs whatever became of it. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export function createLanes(): Lanes {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, work) {
      const mine = (tails.get(key) ?? Promise.resolve()).then(work);
      const tail = mine.catch(() => {}).finally(() => tails.get(key) === tail && tails.delete(key));
      tails.set(key, tail);
      return mine;
    },
  };
}
