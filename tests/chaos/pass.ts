/**
 * Inside a hub that is to die: `CHAOS_POINT` names the place and `CHAOS_AT` the passage. One count for the whole process, which the store and
 * the connectors, loaded from outside, both reach.
 */
import type { PointName } from "./points.ts";

const { CHAOS_POINT: fatal, CHAOS_AT: at } = process.env;
let left = Number(at);

export function pass(point: PointName): void {
  if (point !== fatal) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}
