/**
 * The hub as a service of systemd. Stand-ins for systemctl, loginctl and systemd-notify keep a ledger: no systemd runs where these tests do,
 * so what systemd itself makes of the unit is not shown here.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unitText } from "../../src/cli/service-unit.ts";
import { eventually } from "../support/driver-bench.ts";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

let hub: HubProcess | undefined;
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "mos-hub-service-"));
});
afterEach(async () => {
  await hub?.end();
  hub = undefined;
  rmSync(home, { recursive: true, force: true });
});

const ledger = (): string[] => (existsSync(join(home, "ledger")) ? readFileSync(join(home, "ledger"), "utf8").trim().split("\n") : []);
const unit = (): string => readFileSync(join(home, ".config/systemd/user/mos-hub.service"), "utf8");

/** A machine with these programs. `lingers`: somebody has enabled that before. */
async function machine(programs: readonly string[], { lingers = false } = {}): Promise<HubProcess> {
  const bin = join(home, "bin");
  mkdirSync(bin, { recursive: true });
  for (const program of programs) {
    const answer = program === "loginctl" ? `case "$1" in show-user) echo ${lingers ? "yes" : "no"};; esac` : "exit 0";
    writeFileSync(join(bin, program), `#!/bin/sh\necho "${program} $*" >> "${home}/ledger"\n${answer}\n`);
    chmodSync(join(bin, program), 0o755);
  }
  const env = { HOME: home, XDG_CONFIG_HOME: "", PATH: `${bin}:/bin:/usr/bin` };
  hub = await createHubProcess(env);
  return hub;
}

describe("mos-hub service", () => {
  test("installs a unit that starts at boot, and removes what it enabled, lingering included", async () => {
    const service = await machine(["systemctl", "loginctl", "systemd-notify"]);
    mkdirSync(join(home, ".config/mos-hub"), { recursive: true });
    writeFileSync(join(home, ".config/mos-hub/env"), "DISCORD_BOT_TOKEN=x\n", { mode: 0o644 });
    const { code, events } = await service.cli("service", "install", "--after", "mosaic-agent@orchestrator.service");
    expect({ code, events }).toMatchObject({ code: 0, events: [{ type: "installed", notifies: true, lingers: true }] });
    for (const line of ["Type=notify", "NotifyAccess=all", "WatchdogSec=60s", "After=mosaic-agent@orchestrator.service"])
      expect(unit()).toContain(`\n${line}\n`);
    expect(unit()).toMatch(/\nExecStart=\S*node\S* \S*mos-hub\.mjs start --no-chat\n/);
    expect(statSync(join(home, ".config/mos-hub/env")).mode & 0o777).toBe(0o600);
    expect(unit()).not.toContain("DISCORD");

    expect((await service.cli("service", "status")).events).toMatchObject([{ type: "service" }]);
    expect((await service.cli("service", "remove")).code).toBe(0);
    expect(existsSync(join(home, ".config/systemd/user/mos-hub.service"))).toBe(false);
    expect(existsSync(join(home, ".config/mos-hub/env"))).toBe(true);
    const changes = ledger().filter((line) => !/show-user|is-enabled|is-active/.test(line));
    expect(changes).toEqual([
      "systemctl --user daemon-reload",
      "systemctl --user enable --now mos-hub.service",
      "loginctl enable-linger",
      "systemctl --user disable --now mos-hub.service",
      "systemctl --user daemon-reload",
      "loginctl disable-linger",
    ]);
    expect((await service.cli("service", "remove")).code).toBe(66);
  });

  test("leaves lingering to whoever had enabled it, and watches the process only where systemd-notify is missing", async () => {
    const service = await machine(["systemctl", "loginctl"], { lingers: true });
    // A machine that runs these tests may have it.
    const { events } = await service.cli("service", "install");
    expect(events[0]).toMatchObject({ type: "installed", lingers: true });
    expect(unit()).toContain(events[0]?.["notifies"] === true ? "Type=notify" : "Type=exec");
    await service.cli("service", "remove");
    expect(ledger().filter((line) => line.endsWith("linger"))).toEqual([]);
  });

  test("starts after a fleet's orchestrator by itself, on the roster it was given", async () => {
    const service = await machine(["systemctl", "loginctl"]);
    writeFileSync(join(home, "roster.yaml"), "version: 1\nagents: [{ name: orchestrator }]\n");
    expect((await service.cli("service", "install", "--roster", join(home, "roster.yaml"))).code).toBe(0);
    expect(unit()).toContain("\nAfter=mosaic-agent@orchestrator.service\n");
    expect(unit()).toMatch(/mos-hub\.mjs --roster \S+\/roster\.yaml start --no-chat\n/);
  });
});

test("a unit quotes what systemd would read", () => {
  const shipped = readFileSync(join(ROOT, "deploy/mos-hub.service"), "utf8");
  const facts = {
    runtime: "/opt/my node/bin/node",
    script: '/srv/100%/"x"$y.mjs',
    options: [],
    configDir: "/home/a b",
    after: undefined,
    canNotify: false,
  };
  const text = unitText(shipped, facts);
  expect(text).toContain('\nExecStart="/opt/my node/bin/node" "/srv/100%%/\\"x\\"$$y.mjs" start --no-chat\n');
  expect(text).toContain("\nType=exec\n");
  expect(text).not.toMatch(/^After=/m);
  expect(text).toContain("WantedBy=default.target");
});

test("systemd hears that the hub is ready, that it lives, and that it stops", async () => {
  const service = await machine(["systemd-notify"]);
  await service.start({ NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "2000000" });
  await eventually(() => ledger().filter((line) => line === "systemd-notify WATCHDOG=1").length >= 2, "two signs of life");
  expect(ledger()[0]).toBe("systemd-notify --ready");
  expect(await service.terminate()).toBe(0);
  expect(ledger().at(-1)).toBe("systemd-notify --stopping");
});
