/** The connectors and drivers there are, for checking a configuration and for `init` and `doctor` to loop over. */
import { KNOWN_CONNECTOR_KINDS, loadDefinitions } from "../../connectors/index.ts";
import { foregroundClock } from "../clock.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import type { DriverDefinition } from "../contract/orchestrator.ts";
import { createDrivers } from "../orchestrators/registry.ts";

export interface Known {
  readonly connectors: readonly ConnectorDefinition[];
  /** Kinds with a name and no connector yet. */
  readonly reservedKinds: readonly string[];
  readonly drivers: readonly DriverDefinition[];
}

export async function knownParts(): Promise<Known> {
  const drivers = Object.values(createDrivers({ clock: foregroundClock, baseEnv: {} }));
  const connectors = await loadDefinitions();
  const reservedKinds = KNOWN_CONNECTOR_KINDS.filter((known) => !connectors.some(({ kind }) => kind === known));
  return { connectors, reservedKinds, drivers };
}
