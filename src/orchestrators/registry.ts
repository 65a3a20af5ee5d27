/** The drivers there are. Adding one is a folder and a line here; nothing of a driver is loaded before the first of its kind is made. */
import { z } from "zod";
import { HubError } from "../contract/errors.ts";
import { counted } from "../contract/counted.ts";
import type { DriverContext, DriverDefinition, OrchestratorDriver } from "../contract/orchestrator.ts";
import { acpDefinition } from "./acp/definition.ts";
import { httpDefinition } from "./http/definition.ts";
import type { DriverMachine } from "./machine.ts";
import { rehearsalDefinition } from "./rehearsal/definition.ts";
import { tmuxDefinition } from "./tmux/definition.ts";

export type Drivers = Readonly<Record<string, DriverDefinition>>;

/** Every driver by its name, for `createDriver`, the configuration's schema and `init`. */
export function createDrivers(machine: DriverMachine): Drivers {
  return {
    acp: acpDefinition(machine),
    http: httpDefinition(machine),
    rehearsal: rehearsalDefinition(machine),
    tmux: tmuxDefinition(machine),
  };
}

/** Makes the driver an `orchestrator` block asks for. Rejects with `driver_unknown` or `config_invalid`; starts no process. */
export async function createDriver(config: unknown, context: DriverContext, machine: DriverMachine): Promise<OrchestratorDriver> {
  const drivers = createDrivers(machine);
  const { driver } = z
    .looseObject({ driver: z.string().default("") })
    .catch({ driver: "" })
    .parse(config);
  const definition = Object.hasOwn(drivers, driver) ? drivers[driver] : undefined;
  if (!definition) throw new HubError("driver_unknown", { driver, known: Object.keys(drivers).join(", ") });
  const parsed = definition.config.safeParse(config);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  orchestrator.${issue.path.join(".")}: ${issue.message}`);
    throw new HubError("config_invalid", { count: counted(problems.length, "problem"), problems: problems.join("\n") });
  }
  const create = await definition.load();
  return create(parsed.data, context);
}
