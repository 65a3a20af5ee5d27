/** The hooks of each profile. Adding a system is a file and a line here. */
import type { Hooks } from "./profile.ts";
import { SAFETY_WRAPPER_HOOKS } from "./safety-wrapper.ts";
import { SENTINEL_HOOKS } from "./sentinel.ts";

export const HOOKS: Readonly<Record<"none" | "colony" | "sentinel" | "safety-wrapper", Hooks>> = {
  none: {},
  colony: {},
  sentinel: SENTINEL_HOOKS,
  "safety-wrapper": SAFETY_WRAPPER_HOOKS,
};
