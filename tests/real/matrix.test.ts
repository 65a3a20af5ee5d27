/** The journeys of an operator on Matrix against a homeserver we did not write. The second client is plain HTTP, not the connector's library. */
import { afterAll, beforeAll, describe } from "vitest";
import { createMatrixPerson } from "../support/matrix-person.ts";
import { backlog, files, pressing, restarts, type Stage, startHubOn, talking } from "../support/matrix-stories.ts";
import { installSynapse, startSynapse, type Synapse, whyNoSynapse } from "../support/synapse.ts";

const reason = whyNoSynapse();
const INSTALL_MS = 300_000;
const PATIENCE_MS = 100_000;

/** A room with the hub's user, the operator and somebody else. */
async function openStage(synapse: Synapse, rateLimit: string): Promise<Stage> {
  const bot = await synapse.register("mos", "HUB");
  const person = async (name: string) =>
    createMatrixPerson({ url: synapse.url, ...(await synapse.register(name, `${name}-phone`)) }, PATIENCE_MS);
  const [ann, bob] = [await person("ann"), await person("bob")];
  const room = await ann.createRoom([bot.userId, bob.userId]);
  await bob.join(room);
  return startHubOn({ url: synapse.url, bot, ann, room, rateLimit });
}

describe.skipIf(reason !== undefined)(`Synapse with its limit lifted${reason === undefined ? "" : ` (${reason})`}`, () => {
  let synapse: Synapse;
  let stage: Stage;
  beforeAll(async () => {
    await installSynapse();
    synapse = await startSynapse("lifted");
    stage = await openStage(synapse, "none");
  }, INSTALL_MS);
  afterAll(async () => {
    await stage.hub.end();
    await synapse.end();
  });

  talking(() => stage);
  pressing(() => stage);
  files(() => stage);
  restarts(() => stage);
  backlog(() => stage, 1000);
});

describe.skipIf(reason !== undefined)(`Synapse at its default limits${reason === undefined ? "" : ` (${reason})`}`, () => {
  let synapse: Synapse;
  let stage: Stage;
  beforeAll(async () => {
    await installSynapse();
    synapse = await startSynapse("default");
    stage = await openStage(synapse, "{ per_second: 0.2, burst: 10 }");
  }, INSTALL_MS);
  afterAll(async () => {
    await stage.hub.end();
    await synapse.end();
  });

  pressing(() => stage);
});
