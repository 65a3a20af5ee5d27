/** Which service carries out what is approved for an app and an environment. Pure. */
import { globMatches } from "../glob.ts";
import type { DeployCarrier } from "../contract/deploys.ts";

interface Place {
  readonly app: string;
  readonly environment: string;
}

/** The first that fits. */
export function carrierFor<C extends DeployCarrier>(carriers: readonly C[], place: Place): C | undefined {
  return carriers.find(({ app, environment }) => globMatches(app, place.app) && globMatches(environment, place.environment));
}

export function isCarried(carriers: readonly DeployCarrier[], place: Place): boolean {
  return carrierFor(carriers, place) !== undefined;
}
