/** Whether an action of a class is asked about, at a tier of autonomy. Pure, and total over both. */
import type { ActionClass } from "../contract/message.ts";

/** 1 asks from yellow up, 2 from red up, 3 only for critical red. */
export type AutonomyTier = 1 | 2 | 3;

const FIRST_TIER_NOT_ASKED: Readonly<Record<Exclude<ActionClass, "yellow_external">, number>> = {
  green: 1,
  yellow: 2,
  red: 3,
  critical_red: Infinity,
};

/**
 * `yellow_external` (whatever leaves for the outside world) is asked at every tier until it is unlocked for that agent and tool;
 * unlocked, it counts as yellow.
 */
export function asks(actionClass: ActionClass, tier: AutonomyTier, externalUnlocked = false): boolean {
  if (actionClass !== "yellow_external") return tier < FIRST_TIER_NOT_ASKED[actionClass];
  return !externalUnlocked || tier < FIRST_TIER_NOT_ASKED.yellow;
}
