/**
 * The journeys of an operator on Matrix against a homeserver we did not write: all of them with its limit lifted, and all of them once more at its
 * default limits, where only the sender of the backlog is let off. The second client is plain HTTP, not the connector's library.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byRegistrationToken, isRegistrationOpen, logIn } from "../../conduit/bootstrap.ts";
import { bootstrapWith } from "../../src/cli/conduit.ts";
import { createMatrixPerson } from "../support/matrix-person.ts";
import { mishaps, roomOfAll, type Scene } from "../support/matrix-mishaps.ts";
import { backlog, files, pressing, restarts, type Stage, startHubOn, talking } from "../support/matrix-stories.ts";
import { firstApproval, followGuide, liftLimit } from "../support/guide.ts";
import { installSynapse, startSynapse, type Synapse, whyNoSynapse } from "../support/synapse.ts";

const reason = whyNoSynapse();
const why = reason === undefined ? "" : ` (${reason})`;
const INSTALL_MS = 300_000;
/** At the default limits the stories take some 40 events of the hub's user one after the other: ten at once, then one in five seconds. */
const PATIENCE_MS = 240_000;

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

describe.skipIf(reason !== undefined)(`Synapse with its limit lifted${why}`, () => {
  let synapse: Synapse;
  let stage: Stage;
  beforeAll(async () => {
    await installSynapse();
    synapse = await startSynapse("lifted");
    stage = await openStage(synapse, "none");
  }, INSTALL_MS);
  // A hub that has a thousand answers to say takes its time to end.
  afterAll(async () => {
    await stage.hub.end();
    await synapse.end();
  }, PATIENCE_MS);

  talking(() => stage);
  pressing(() => stage);
  files(() => stage);
  restarts(() => stage);
  describe("when something goes wrong", () => {
    let scene: Scene;
    beforeAll(async () => {
      const person = async (name: string) => createMatrixPerson({ url: synapse.url, ...(await synapse.register(name, `${name}-phone`)) });
      const people = { mos: await synapse.register("mos2", "HUB"), ann: await person("anna"), bob: await person("bobby") };
      scene = { url: synapse.url, ...people, home: await roomOfAll(people) };
    }, PATIENCE_MS);
    mishaps(() => scene);
  });

  backlog(() => stage, 1000);
});

describe.skipIf(reason !== undefined)(`Synapse at its default limits${why}`, () => {
  let synapse: Synapse;
  let stage: Stage;
  beforeAll(async () => {
    await installSynapse();
    synapse = await startSynapse("default");
    stage = await openStage(synapse, "{ per_second: 0.2, burst: 10 }");
  }, INSTALL_MS);
  // A hub that has a thousand answers to say takes its time to end.
  afterAll(async () => {
    await stage.hub.end();
    await synapse.end();
  }, PATIENCE_MS);

  talking(() => stage);
  pressing(() => stage);
  files(() => stage);
  restarts(() => stage);

  describe("whose sender's limit is lifted by the guide's own command", () => {
    beforeAll(async () => liftLimit(synapse.url, (await synapse.register("root", "ROOT", true)).token, stage.ann.userId));
    backlog(() => stage, 1000);
  });
});

describe.skipIf(reason !== undefined)(`a Synapse nobody is on${why}`, () => {
  let synapse: Synapse;
  beforeAll(async () => {
    await installSynapse();
    synapse = await startSynapse("default");
  }, INSTALL_MS);
  afterAll(() => synapse.end());

  test("is brought to the first approved action by the guide", { timeout: PATIENCE_MS }, async () => {
    const followed = await followGuide({
      url: synapse.url,
      operator: "ann",
      beginning: "mos-hub conduit bootstrap --operator ann --homeserver",
      swaps: { "http://127.0.0.1:8008": synapse.url },
      prepare: (folder) => writeFile(join(folder, "registration-secret"), synapse.sharedSecret),
    });
    const said = firstApproval(followed).finally(followed.hub.end);
    expect(await said).toContain("It was approved by");
  });

  test("registers with a token of one use, as the bootstrap does on Conduit, and not with another", async () => {
    const admin = await synapse.register("root", "ROOT", true);
    const headers = { authorization: `Bearer ${admin.token}` };
    const made = { method: "POST", headers, body: JSON.stringify({ token: "once", uses_allowed: 1 }) };
    expect((await fetch(`${synapse.url}/_synapse/admin/v1/registration_tokens/new`, made)).status).toBe(200);
    expect(await isRegistrationOpen(synapse.url)).toBe(true);
    await byRegistrationToken(synapse.url, "once")("frank", "a long password", false);
    expect(await logIn({ url: synapse.url, userId: "frank", password: "a long password", deviceId: "D" })).toMatch(/./);
    await expect(byRegistrationToken(synapse.url, "once")("grace", "a long password", false)).rejects.toThrow(/does not register grace/);
  });

  test("is set up by the bootstrap, also when it is run again", async () => {
    const dir = await mkdtemp(join(tmpdir(), "mos-hub-bootstrap-"));
    const given = { homeserver: synapse.url, hub: "sentinel", operator: "eve", env: join(dir, ".env"), synapse: join(dir, "secret") };
    await writeFile(given.synapse, synapse.sharedSecret);
    await writeFile(given.env, "OTHER=kept\n");
    const password = randomBytes(12).toString("hex");
    const told: string[] = [];
    const first = await bootstrapWith(given, password, (done) => void told.push(done));
    const env = await readFile(given.env, "utf8");
    expect(env).toBe(`OTHER=kept\nMATRIX_ACCESS_TOKEN=${first.hubToken}\n`);
    expect((await stat(given.env)).mode & 0o777).toBe(0o600);
    expect(await bootstrapWith(given, password, () => {})).toEqual(first);
    const eve = createMatrixPerson({ url: synapse.url, userId: first.operatorUserId, token: first.hubToken });
    const levels = await eve.call<{ users: object }>("GET", `/rooms/${encodeURIComponent(first.roomId)}/state/m.room.power_levels/`);
    expect(levels.users).toMatchObject({ [first.hubUserId]: 10 });
    const { room_version } = await eve.call<{ room_version: string }>(
      "GET",
      `/rooms/${encodeURIComponent(first.roomId)}/state/m.room.create/`,
    );
    if (Number(room_version) >= 12) expect(levels.users).not.toHaveProperty([first.operatorUserId]);
    else expect(levels.users).toHaveProperty([first.operatorUserId], 100);
    await rm(dir, { recursive: true, force: true });
  });
});
