/** Tokens are counted in hourly buckets, one for each agent and model. Pure. */

const HOUR_MS = 3_600_000;

/** The beginning of the hour, epoch ms. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** Injective: names may contain any separator. */
export function usageId(hour: number, agent: string, model: string): string {
  return JSON.stringify([hour, agent, model]);
}
