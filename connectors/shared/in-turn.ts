/** One piece of work at a time for each key, in the order they were asked for; what failed keeps nothing waiting. Knows no platform. */
export function createInTurn(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const lanes = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const mine = (lanes.get(key) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => {}).finally(() => lanes.get(key) === settled && lanes.delete(key));
    lanes.set(key, settled);
    return mine;
  };
}
