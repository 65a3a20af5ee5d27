/** The recipes of connectors/matrix/README.md and conduit/GUIDE.md, read and followed on a fake homeserver. The guide's Synapse is in tests/real/. */
import { readFileSync } from "node:fs";
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createFakeHomeserver } from "../../connectors/matrix/fake/server.ts";
import { parseConfig } from "../../connectors/matrix/config.ts";
import { parse } from "yaml";
import { systemClock } from "../../src/clock.ts";
import { createHubProcess } from "../support/hub-process.ts";
import { bodyOf, createMatrixPerson, isIn } from "../support/matrix-person.ts";
import { blocksOf, commandOf, firstApproval, followGuide, GUIDE, runIn, runWithPassword, swapped } from "../support/guide.ts";
import { ROOT } from "../support/repository.ts";
import { hasTmux } from "../support/terminal.ts";

const README = "connectors/matrix/README.md";
const SERVER = "matrix.example.internal";
const isSkipped = !hasTmux() && process.env["MOS_HUB_REQUIRE_REAL"] !== "1";
const SLOWLY = { timeout: 120_000 };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

describe.skipIf(isSkipped)(`the recipe${isSkipped ? " (no tmux to type a password in)" : ""}`, () => {
  test("of the guide, with a Conduit's way to register: from no user at all to the first approved action", SLOWLY, async () => {
    let toml = join(ROOT, "conduit/conduit.toml");
    const tokenNow = () => /^registration_token = "(.+)"$/m.exec(readFileSync(toml, "utf8"))?.[1];
    const server = await createFakeHomeserver({ ...systemClock, isServerless: true, serverName: SERVER, registrationToken: tokenNow });
    ends.push(server.close);
    const followed = await followGuide({
      url: server.url,
      operator: "ann",
      beginning: "mos-hub conduit bootstrap --operator ann --toml",
      // There is no Conduit to restart: it is only noted that it would be.
      swaps: {
        "/etc/matrix-conduit/conduit.toml": "conduit.toml",
        '"systemctl restart conduit"': '"echo restarted >> restarts"',
        "--env": `--homeserver ${server.url} --env`,
      },
      async prepare(folder) {
        await copyFile(toml, join(folder, "conduit.toml"));
        toml = join(folder, "conduit.toml");
      },
    });
    ends.push(followed.hub.end);
    expect(tokenNow()).toBeUndefined();
    expect(await readFile(join(followed.hub.dataDir, "restarts"), "utf8")).toBe("restarted\n".repeat(2));
    expect(await firstApproval(followed)).toContain("It was approved by");
  });

  test("of the connector's page: a token for a password, the block as it stands there, and a thread", SLOWLY, async () => {
    const server = await createFakeHomeserver({ ...systemClock, serverName: SERVER });
    ends.push(server.close);
    const [mos, ann] = [server.user("mos"), server.user("ann", "PHONE")];
    const person = createMatrixPerson({ url: server.url, userId: ann.user, token: ann.token }, 60_000);
    const room = await person.createRoom([mos.user, server.user("bob").user]);
    const hub = await createHubProcess();
    ends.push(hub.end);
    const at = { [`https://${SERVER}`]: server.url };
    await runWithPassword(hub.dataDir, swapped(commandOf(README, "mos-hub conduit login"), at), mos.password, /is in \.env/);
    expect((await stat(join(hub.dataDir, ".env"))).mode & 0o777).toBe(0o600);
    const [, token = ""] = /^MATRIX_ACCESS_TOKEN=(.*)$/m.exec(await readFile(join(hub.dataDir, ".env"), "utf8")) ?? [];
    const [yaml = ""] = blocksOf(README, "yaml");
    await writeFile(join(hub.dataDir, "hub.yaml"), swapped(yaml, { ...at, [`!abc:${SERVER}`]: room }));
    const invited = await runIn(hub.dataDir, commandOf(README, "mos-hub doctor"), { MATRIX_ACCESS_TOKEN: token });
    expect(invited).toContain(`account: ${mos.user}`);
    await hub.start({ MATRIX_ACCESS_TOKEN: token });
    const root = await person.say(room, "hello", { mention: mos.user });
    await person.sees(room, "an answer in the thread", (event) => isIn(root)(event) && bodyOf(event).includes("hello"));
  });
});

test("the guide's lines for a lifted limit are what the connector reads", () => {
  const [yaml = ""] = blocksOf(GUIDE, "yaml");
  const { accounts } = parse(yaml) as { accounts: { matrix: object } };
  const printed = { homeserver_url: `https://${SERVER}`, user_id: `@mos:${SERVER}`, room_id: "!abc", invites_from: [`@ann:${SERVER}`] };
  expect(parseConfig({ ...printed, ...accounts.matrix })).toMatchObject({ rate_limit: "none" });
});
