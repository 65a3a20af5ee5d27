/** A fleet as its people have it: an unchanged roster without a `connector` block, agents in tmux. Driven and read in tmux; nothing else is touched. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/driver-bench.ts";
import { createFleet, type Fleet } from "../support/fleet.ts";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";
import { hasTmux } from "../support/terminal.ts";

const isSkipped = !hasTmux() && process.env["MOS_HUB_REQUIRE_REAL"] !== "1";
const PIN = "482913";
const WITHIN_MS = 60_000;

const ROSTER = `version: 1
transport: tmux
tmux:
  socket_name: fleet
  holder_session: _holder
agents:
  - name: orchestrator
    runtime: claude
    class: orchestrator
  - name: enhancer
    runtime: codex
    class: enhancer
    persistent_persona: true
`;

describe.skipIf(isSkipped)("a fleet with an unchanged roster, where tmux is installed", () => {
  let fleet: Fleet;
  let hub: HubProcess;

  beforeAll(async () => {
    fleet = createFleet();
    await fleet.add();
    await fleet.add({ session: "enhancer" });
    mkdirSync(join(fleet.dir, ".config/mosaic/fleet"), { recursive: true });
    writeFileSync(join(fleet.dir, ".config/mosaic/fleet/roster.yaml"), ROSTER);
    hub = await createHubProcess({
      HOME: fleet.dir,
      TMUX_TMPDIR: fleet.dir,
      MOSAIC_HEARTBEAT_RUN_DIR: fleet.dir,
      MOS_HUB_PIN: PIN,
      LANG: "C.UTF-8",
    });
    await hub.start();
    await until(/Main ›/);
  });
  afterAll(async () => {
    await hub.end();
    await fleet.end();
  });

  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    eventually(async () => pattern.exec(await fleet.screen("mos-hub").catch(() => "")) ?? undefined, `${pattern} in the window`, WITHIN_MS);
  async function say(text: string): Promise<void> {
    await fleet.tmux(["send-keys", "-t", "=mos-hub:0.0", "-l", text]);
    await fleet.tmux(["send-keys", "-t", "=mos-hub:0.0", "Enter"]);
  }

  test("talks in the window beside its sessions; the other agents hear nothing", async () => {
    await say("good morning");
    await until(/● Echo: good morning/);
    expect(fleet.taken()).toHaveLength(1);
    expect(fleet.taken("enhancer")).toEqual([]);
  });

  test("keeps threads apart", async () => {
    await say("/new Plans");
    await until(/Plans ›/);
    await say("about the plans");
    await until(/● Echo: about the plans/);
    const names = fleet.taken().map((text) => /:(chat-\w+) ->/.exec(text)?.[1]);
    expect(new Set(names).size).toBe(2);
    await say("/thread main");
    await until(/Main ›/);
  });

  test("its agent answers with mos-hub reply, on its own, too", async () => {
    const session = /:(chat-\w+) ->/.exec(fleet.taken()[0] ?? "")?.[1] ?? "";
    expect(await hub.cli("reply", "--session", session, "The night was quiet.")).toMatchObject({ code: 0 });
    await until(/● The night was quiet\./);
    expect((await hub.cli("reply", "--session", "chat-00000000", "x")).code).not.toBe(0);
  });

  test("decides what its agent asks, by code and PIN", async () => {
    const session = /:(chat-\w+) ->/.exec(fleet.taken()[0] ?? "")?.[1] ?? "";
    const tools = openTools(hub, fleet, session);
    const asked = tools.call("request_approval", { title: "Drop the old table", action: { run: "drop" }, class: "red", wait_ms: 25_000 });
    const [, code = ""] = await until(/\/approve ([A-Z0-9]{3}-[A-Z0-9]{3})/);
    await say(`/approve ${code}`);
    await until(/PIN for \S+ \(not shown\) ›/);
    await say(PIN);
    await until(new RegExp(`${code} approved`));
    expect(await asked).toMatchObject({ state: "approved", code });
    expect(await fleet.screen("mos-hub")).not.toContain(PIN);
    tools.end();
  });

  test("sees a deploy", async () => {
    expect(
      (
        await hub.cli(
          "deploy",
          "announce",
          "--app",
          "shop",
          "--environment",
          "production",
          "--state",
          "live",
          "--url",
          "https://shop.example.internal",
        )
      ).code,
    ).toBe(0);
    // Nothing answers there, so that nobody claims it is live yet.
    await until(/shop \(production\): deploying https:\/\/shop\.example\.internal/);
  });

  test("is looked at without being touched", async () => {
    const { stdout } = await hub.shell("watch", "enhancer");
    expect(stdout).toContain("an agent");
    expect((await hub.shell("fleet", "onboarding")).stdout).toContain(`--data-dir '${hub.dataDir}' reply --session`);
    expect((await hub.cli("doctor")).code).toBe(0);
  });

  test("goes on after the hub was killed, in the same window", async () => {
    await hub.kill();
    await hub.start();
    await say("are you back");
    await until(/● Echo: are you back/);
    expect(fleet.taken().filter((text) => text.includes("are you back"))).toHaveLength(1);
  });

  test("goes on after hub and agent died in mid-turn: the message is given again, with a mark", async () => {
    const given = (): string[] => fleet.taken().filter((text) => text.includes("slow 4"));
    await say("slow 4");
    await eventually(() => given().length === 1, "the agent has it", WITHIN_MS);
    await Promise.all([hub.kill(), fleet.tmux(["respawn-pane", "-k", "-t", "=orchestrator:0.0"])]);
    await hub.start();
    await eventually(() => given().length === 2, "the next life of the agent has it", WITHIN_MS);
    expect(given()[1]).toContain("delivered again");
    await until(/● Echo: \[delivered again/);
    expect(given()).toHaveLength(2);
  });
});

/** The hub's tools as an agent in a terminal reaches them. */
function openTools(hub: HubProcess, fleet: Fleet, session: string) {
  const bin = join(ROOT, "src/cli/mos-hub.mjs");
  const child = spawn(process.execPath, [bin, "--data-dir", hub.dataDir, "mcp", "--session", session], {
    cwd: fleet.dir,
    env: fleet.env as NodeJS.ProcessEnv,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  send({
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "agent", version: "1" } },
  });
  send({ method: "notifications/initialized" });
  return {
    async call(name: string, args: object): Promise<unknown> {
      send({ id: 1, method: "tools/call", params: { name, arguments: args } });
      const answer = await eventually(() => lines.find(({ id }) => id === 1), `the answer of ${name}`, WITHIN_MS);
      return (answer["result"] as { structuredContent?: unknown } | undefined)?.structuredContent;
    },
    end: () => child.stdin.end(),
  };
}
