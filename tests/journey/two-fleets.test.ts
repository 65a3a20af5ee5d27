/** Two orchestrators that live in tmux sessions of one name, on two sockets, under one hub. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFleet, type Fleet } from "../support/fleet.ts";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";
import { hasTmux } from "../support/terminal.ts";

const isSkipped = !hasTmux() && process.env["MOS_HUB_REQUIRE_REAL"] !== "1";
/** A pane is looked at again and again, on a machine that may be busy. */
const DEADLINE_MS = 120_000;

describe.skipIf(isSkipped)("two fleets, where tmux is installed", () => {
  let fleet: Fleet;
  let hub: HubProcess;

  beforeAll(async () => {
    fleet = createFleet();
    await fleet.add();
    const own = { ledger: join(fleet.dir, "second.ledger"), heartbeat: join(fleet.dir, "second.hb") };
    await fleet.add({ socket: "second", behaviour: own });
    hub = await createHubProcess({ HOME: fleet.dir, TMUX_TMPDIR: fleet.dir, MOSAIC_HEARTBEAT_RUN_DIR: fleet.dir, LANG: "C.UTF-8" });
    const orchestrators = { mos: fleet.driverConfig(), sentinel: fleet.driverConfig({ socket: "second" }) };
    writeFileSync(join(hub.dataDir, "hub.yaml"), JSON.stringify({ orchestrators, log: { level: "error" } }));
    await hub.start();
  }, DEADLINE_MS);
  afterAll(async () => {
    await hub.end();
    await fleet.end();
  });

  const ask = async (text: string, thread: string): Promise<string> =>
    JSON.stringify((await hub.cli("chat", "--once", text, "--thread", thread, "--timeout", "60")).events);
  const heard = (): string[] => readFileSync(join(fleet.dir, "second.ledger"), "utf8").split("\n").filter(Boolean);

  test(
    "each answers in its own conversations, also in both at once, and hears nothing of the other's",
    { timeout: DEADLINE_MS },
    async () => {
      const [first, second] = await Promise.all([ask("good morning", "one"), ask("@sentinel good evening", "two")]);
      expect(first).toContain("Echo: good morning");
      expect(second).toContain("Echo: @sentinel good evening");
      expect(fleet.taken()).toEqual([expect.stringContaining("good morning")]);
      expect(heard()).toEqual([expect.stringContaining("good evening")]);
    },
  );

  test("a conversation given to the other goes on there", { timeout: DEADLINE_MS }, async () => {
    expect(await ask("!bind sentinel", "one")).toContain("Sentinel answers here from now on.");
    expect(await ask("are you new here?", "one")).toContain("Echo: are you new here?");
    expect(heard().at(-1)).toContain("are you new here?");
    expect(fleet.taken()).toHaveLength(1);
  });
});
