/** What a driver needs of the machine it runs on and may not take by itself: time and the environment of the hub. */
import type { Clock } from "../clock.ts";

export interface DriverMachine {
  readonly clock: Clock;
  /** The hub's own environment. Agents get an allow-listed part of it. */
  readonly baseEnv: Readonly<Record<string, string | undefined>>;
  /** Names of variables that hold the hub's or a connector's secrets: no configuration passes them to an agent. */
  readonly withheld?: readonly string[] | undefined;
  /** The value of a variable that the orchestrator's block names under a key that ends in `_env`. */
  readonly secretOf?: ((name: string) => string | undefined) | undefined;
}
