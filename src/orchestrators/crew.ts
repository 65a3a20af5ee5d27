/** The drivers of all configured orchestrators by name, each with durable state of its own. Starts no process. */
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { DriverContext, OrchestratorDriver } from "../contract/orchestrator.ts";
import { createDriver } from "./registry.ts";

export interface CrewParts extends Omit<DriverContext, "alias" | "state" | "dataDir" | "ownFolder" | "now"> {
  readonly clock: Clock;
  readonly stateOf: (namespace: string) => DriverContext["state"];
}

type Crew = readonly (readonly [name: string, driver: OrchestratorDriver])[];

/** Rejects as {@link createDriver} does. */
export function createCrew(
  { orchestrators, dataDir, baseEnv, withheld, variables }: Config,
  { clock, stateOf, ...parts }: CrewParts,
): Promise<Crew> {
  const machine = { clock, baseEnv, withheld, secretOf: (name: string) => variables[name] };
  return Promise.all(
    orchestrators.map(async ({ name, alias, driver, options }, at) => {
      const ownFolder = at === 0 ? undefined : join("others", name);
      const context = { ...parts, alias, dataDir, ownFolder, now: clock.now, state: stateOf(`orchestrator/${name}`) };
      return [name, await createDriver({ driver, ...options }, context, machine)] as const;
    }),
  );
}
