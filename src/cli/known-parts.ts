/** The connectors and drivers there are, for checking a configuration and for `init` and `doctor` to loop over. */
import { KNOWN_CONNECTOR_KINDS, loadDefinitions } from "../../connectors/index.ts";
import { foregroundClock } from "../clock.ts";
import type { ConnectorDefinition } from "../contract/connector.ts";
import type { DriverDefinition } from "../contract/orchestrator.ts";
import { createDrivers } from "../orchestrators/registry.ts";

export interface Known {
  readonly connectors: readonly ConnectorDefinition[];
  /** Kinds whose connectors were not loaded, since nobody asked. */
  readonly otherKinds: readonly string[];
  readonly drivers: readonly DriverDefinition[];
}

/** `kinds`: those that are needed, since each costs memory and time. Default: all. */
export async function knownParts(kinds: readonly string[] = KNOWN_CONNECTOR_KINDS): Promise<Known> {
  const drivers = Object.values(createDrivers({ clock: foregroundClock, baseEnv: {} }));
  const connectors = await loadDefinitions(kinds);
  const otherKinds = KNOWN_CONNECTOR_KINDS.filter((kind) => !connectors.some((one) => one.kind === kind));
  return { connectors, otherKinds, drivers };
}
