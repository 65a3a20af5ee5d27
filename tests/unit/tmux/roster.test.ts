import { mkdtemp, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { knownParts } from "../../../src/cli/known-parts.ts";
import { type Config, loadConfig } from "../../../src/config.ts";
import { HubError } from "../../../src/contract/errors.ts";
import { readRoster } from "../../../src/orchestrators/tmux/roster.ts";

const known = { ...(await knownParts()), readRoster };
let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "mos-hub-roster-"));
});

async function load(text: string, file = "roster.yaml"): Promise<Config> {
  await writeFile(join(cwd, file), text);
  return loadConfig({ env: { HOME: cwd }, cwd, ...known, roster: file });
}

async function refusal(text: string): Promise<string> {
  const error = await load(text).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HubError)) throw new Error("the roster was taken", { cause: error });
  return error.message;
}

const ROSTER = `
version: 1
transport: tmux
tmux:
  socket_name: mosaic
  holder_session: _holder
agents:
  - name: orchestrator
    runtime: claude
    class: orchestrator
    model_hint: opus
  - name: enhancer
    runtime: codex
    class: enhancer
    persistent_persona: true
something_of_theirs: { kept: true }
`;

describe("a fleet's roster", () => {
  test("without a connector block is a tmux fleet on its own socket", async () => {
    const config = await load(ROSTER);
    expect(config.orchestrator).toMatchObject({ driver: "tmux", alias: "Mos", options: { session: "orchestrator", socket: "mosaic" } });
    expect(config.accounts).toMatchObject([{ account: "tmux", kind: "tmux" }]);
    expect(config.file).toBe(join(cwd, "roster.yaml"));
  });

  test.each([
    ["an empty socket name is the default socket", "tmux: { socket_name: }", ""],
    ["an empty text is the default socket", 'tmux: { socket_name: "" }', ""],
    ["none is the default socket", "transport: tmux", ""],
    ["the other spelling counts, too", "tmux: { socketName: other }", "other"],
  ])("%s", async (_name, line, socket) => {
    expect((await load(`${line}\nagents: [{ name: orchestrator }]`)).orchestrator.options).toMatchObject({ socket });
  });

  test("may be JSON", async () => {
    const json = JSON.stringify({ version: 1, tmux: { socketName: "x" }, agents: [{ name: "orchestrator", runtime: "pi" }] });
    expect((await load(json, "roster.json")).orchestrator.options).toMatchObject({ session: "orchestrator", socket: "x" });
  });

  test("a session's own socket goes before the fleet's", async () => {
    const { options } = (await load("tmux: { socket_name: a }\nagents: [{ name: orchestrator, socket: b }]")).orchestrator;
    expect(options).toMatchObject({ socket: "b" });
  });

  test("an orchestrator on another host is reached by ssh, on its own socket or the default one", async () => {
    const far = (more: string) =>
      load(`host: here.example.internal\ntmux: { socket_name: a }\nagents: [{ name: orchestrator, host: far.example.internal${more} }]`);
    expect((await far("")).orchestrator.options).toMatchObject({ socket: "", ssh: "far.example.internal", host: "far.example.internal" });
    expect((await far(", ssh: mos@jump.example.internal, socket: b")).orchestrator.options).toMatchObject({
      socket: "b",
      ssh: "mos@jump.example.internal",
    });
    const near = await load(
      "host: here.example.internal\nagents: [{ name: orchestrator, host: here.example.internal, ssh: unused.example.internal }]",
    );
    expect(near.orchestrator.options).not.toHaveProperty("ssh");
  });

  test("its connector block is the account, strictly checked and named as it stands there", async () => {
    expect((await load(`${ROSTER}connector: { kind: console, keep_entries: 200 }`)).accounts).toMatchObject([
      { account: "console", kind: "console", config: { kind: "console", keep_entries: 200 } },
    ]);
    const message = await refusal(`${ROSTER}connector:\n  kind: console\n  keep_entrys: 200`);
    expect(message).toContain('connector.keep_entrys (line 19) is not a known key\n    Did you mean "keep_entries"?');
    expect(await refusal(`${ROSTER}connector: { kind: consoel }`)).toContain('Did you mean "console"?');
    expect(await refusal(`${ROSTER}connector: console`)).toContain("connector (line 17) must be");
  });

  test("without an orchestrator says that there is nobody to talk to", async () => {
    expect(await refusal("version: 1\nagents: [{ name: enhancer }]")).toContain(
      "agents (line 2) has no orchestrator: there is nobody to talk to",
    );
  });

  test("tells every problem at once, and quotes nothing", async () => {
    const message = await refusal(
      "version: 2\ntransport: smoke\ntmux: { socket_name: ../s3cret }\nagents:\n  - name: orchestrator\n    ssh: -oProxyCommand=s3cret\nconnector: {}",
    );
    expect(message).toContain("5 problems");
    for (const path of [
      "version (line 1)",
      "transport (line 2)",
      "tmux.socket_name (line 3)",
      "agents[0].ssh (line 6)",
      "connector.kind",
    ]) {
      expect(message).toContain(path);
    }
    expect(message).not.toContain("s3cret");
    expect(await refusal("agents: [{ name: orchestrator }, { name: orchestrator }]")).toContain(
      "agents[1].name (line 1) is a second orchestrator",
    );
  });
});

describe("the roster of this machine", () => {
  const place = async (text: string, home: string): Promise<void> => {
    await mkdir(join(home, "fleet"), { recursive: true });
    await writeFile(join(home, "fleet", "roster.yaml"), text);
  };

  test("is used where there is no hub.yaml, wherever MOSAIC_HOME is", async () => {
    await place(ROSTER, join(cwd, ".config", "mosaic"));
    expect((await loadConfig({ env: { HOME: cwd }, cwd, ...known })).orchestrator.driver).toBe("tmux");
    await place("agents: [{ name: orchestrator, socket: elsewhere }]", join(cwd, "m"));
    const { options } = (await loadConfig({ env: { HOME: cwd, MOSAIC_HOME: join(cwd, "m") }, cwd, ...known })).orchestrator;
    expect(options).toMatchObject({ socket: "elsewhere" });
  });

  test("is not looked at beside a hub.yaml, and nobody misses it", async () => {
    expect((await loadConfig({ env: { HOME: cwd }, cwd, ...known })).orchestrator.driver).toBe("rehearsal");
    await place("not: a roster", join(cwd, ".config", "mosaic"));
    await writeFile(join(cwd, "hub.yaml"), "port: 0");
    expect((await loadConfig({ env: { HOME: cwd }, cwd, ...known })).orchestrator.driver).toBe("rehearsal");
  });
});

test("malformed rosters are refused in words, never with a crash", () => {
  const scrap = fc.constantFrom(
    "agents:",
    "- name: orchestrator",
    "  ",
    "\n",
    "{",
    "}",
    "[",
    "]",
    '"',
    "&a",
    "*a",
    "connector:",
    "kind: x",
    "\t",
    ": ",
    "null",
    "\0",
    "1e999",
    "tmux: [",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(scrap, { maxLength: 30 }).map((parts) => parts.join("")),
        fc.string({ unit: "binary", maxLength: 200 }),
      ),
      (text) => {
        const { problems, data } = readRoster(text, "roster.yaml");
        expect(problems.length > 0 || "orchestrator" in data).toBe(true);
      },
    ),
    { numRuns: 5000 },
  );
});
