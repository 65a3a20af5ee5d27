/** One request on all platforms at once, with a homeserver we did not write among them. */
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { type FivePlatforms, startFivePlatforms } from "../support/five-platforms.ts";
import { tellMirrored } from "../support/mirrored-stories.ts";
import { ROOT } from "../support/repository.ts";
import { createSynapseStand } from "../support/stands/synapse.ts";
import { whyNoSynapse } from "../support/synapse.ts";

const reason = whyNoSynapse();
const START_MS = 600_000;

describe.skipIf(reason !== undefined)(`with Synapse for Matrix (${reason ?? "a real one"})`, () => {
  let stage: FivePlatforms;
  beforeAll(async () => {
    stage = await startFivePlatforms({ matrix: createSynapseStand, program: join(ROOT, "tests/chaos/mortal-hub.ts") });
  }, START_MS);
  afterAll(() => stage?.end());

  tellMirrored(() => stage);
});
