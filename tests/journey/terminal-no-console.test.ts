/** `npm start` on a terminal where no account is a console: the program in a real tmux. Skipped where there is no tmux to be that terminal. */
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";
import { hasTmux, openTerminal, type TerminalRig } from "../support/terminal.ts";

const isSkipped = !hasTmux() && process.env["MOS_HUB_REQUIRE_REAL"] !== "1";
const BIN = join(ROOT, "src/cli/mos-hub.mjs");

const from = (path: string): string => pathToFileURL(join(ROOT, path)).href;
/** An account of a platform, as far as the terminal can tell. */
const PIGEON = `
  import { createConsoleConnector } from "${from("connectors/console/connector.ts")}";
  import { defineConnector } from "${from("src/contract/connector.ts")}";
  import { z } from "${from("node_modules/zod/index.js")}";
  export default defineConnector({
    kind: "pigeon",
    summary: "A test.",
    factory: (config, context) => ({ ...createConsoleConnector({}, context), kind: "pigeon" }),
    config: z.strictObject({ kind: z.literal("pigeon").optional() }),
    environment: [],
  });`;

describe.skipIf(isSkipped)("a hub without a console", () => {
  let terminal: TerminalRig;
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "mos-hub-terminal-"));
    await writeFile(join(dataDir, "pigeon.ts"), PIGEON);
    await writeFile(join(dataDir, "hub.yaml"), "accounts: { birds: { kind: ./pigeon.ts } }\n");
    const env = [`MOS_HUB_CONFIG=${join(dataDir, "hub.yaml")}`, `MOS_HUB_DATA_DIR=${dataDir}`, "MOS_HUB_PORT=0"];
    // A shell with jobs: Ctrl-C reaches the hub alone, and the shell says how it ended.
    const started = ["sh", "-c", 'set -m; env "$@"; echo "It ended with $?."', "sh", ...env, process.execPath];
    terminal = await openTerminal([...started.map((part) => part.replaceAll("'", "'\\''")), BIN, "start"], { columns: 100, rows: 40 });
  });
  afterAll(async () => {
    await terminal.end();
    await rm(dataDir, { recursive: true, force: true });
  });

  test("start says what is connected and how it is stopped, and shows no link that leads nowhere", async () => {
    const screen = await terminal.until(/Ctrl-C stops the hub\./);
    expect(screen).toContain("Connected: birds. Ctrl-C stops the hub.");
    expect(screen).toMatch(/Your PIN for approvals is \d{6}/);
    expect(screen).not.toContain("/sign-in");
    expect(screen).not.toContain("There is no");
  });

  test.each(["open", "chat"])("%s says what to do", async (command) => {
    const other = await openTerminal(
      ["env", `MOS_HUB_CONFIG=${join(dataDir, "hub.yaml")}`, `MOS_HUB_DATA_DIR=${dataDir}`, process.execPath, BIN, command],
      { columns: 100, rows: 20 },
    );
    try {
      const screen = await other.until(/start the hub again/);
      expect(screen).toContain("This hub has no console");
      expect(screen).toContain("console: { kind: console }");
    } finally {
      await other.end();
    }
  });

  test("one Ctrl-C stops it in order", async () => {
    await terminal.press("C-c");
    const screen = await terminal.until(/It ended with \d+\./);
    expect(screen).toContain("The hub has stopped.");
    expect(screen).toContain("It ended with 0.");
    await until("its run file is gone", async () =>
      access(join(dataDir, "run.json")).then(
        () => false,
        () => true,
      ),
    );
  });
});
