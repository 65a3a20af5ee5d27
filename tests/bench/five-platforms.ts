/** The hub with four platforms and the console at once: until it is connected everywhere, and what it keeps in memory then. */
import { setTimeout as wait } from "node:timers/promises";
import { startFivePlatforms } from "../support/five-platforms.ts";
import { residentMegabytes } from "./resident.ts";

const STARTS = 3;

export interface FiveMeasured {
  /** From the command to all five accounts being healthy, one for each start. */
  readonly connectedMs: readonly number[];
  readonly idleMegabytes: number;
}

export async function measureFive(idleMs: number): Promise<FiveMeasured> {
  const stage = await startFivePlatforms();
  try {
    const connectedMs: number[] = [];
    for (let at = 0; at < STARTS; at += 1) {
      await stage.hub.terminate();
      const started = performance.now();
      await stage.start();
      connectedMs.push(performance.now() - started);
    }
    await wait(idleMs);
    return { connectedMs, idleMegabytes: residentMegabytes((await stage.hub.address()).pid) };
  } finally {
    await stage.end();
  }
}
