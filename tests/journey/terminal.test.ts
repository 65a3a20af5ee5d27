/** `npm start` on a terminal, as a person meets it: the program in a real tmux, read from its screen. Skipped where there is no tmux to be that terminal. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../support/repository.ts";
import { hasTmux, openTerminal, type TerminalRig } from "../support/terminal.ts";

const isSkipped = !hasTmux() && process.env["MOS_HUB_REQUIRE_REAL"] !== "1";

describe.skipIf(isSkipped)("the first minute", () => {
  let terminal: TerminalRig;
  let dataDir: string;
  let pin = "";

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "mos-hub-terminal-"));
    const bin = join(ROOT, "src/cli/mos-hub.mjs");
    terminal = await openTerminal(
      ["env", `MOS_HUB_DATA_DIR=${dataDir}`, "MOS_HUB_PORT=0", "REHEARSAL_PACE_MS=10", process.execPath, bin, "start"],
      {
        columns: 80,
        rows: 40,
      },
    );
  });
  afterAll(async () => {
    await terminal.end();
    await rm(dataDir, { recursive: true, force: true });
  });

  const say = async (text: string): Promise<void> => {
    await terminal.type(text);
    await terminal.press("Enter");
  };

  test("the hub says where it is, who answers, and the PIN, once", async () => {
    const screen = await terminal.until(/Main ›/);
    expect(screen).toMatch(/ready at http:\/\/127\.0\.0\.1:\d+/);
    expect(screen).toContain("rehearsal");
    pin = /Your PIN for approvals is (\d{6})/.exec(screen)?.[1] ?? "";
    expect(pin).not.toBe("");
  });

  test("an answer comes into the thread", async () => {
    await say("hello from a terminal");
    expect(await terminal.until(/Echo: hello from a terminal/)).toContain("Main ›");
  });

  test("an action is approved with the PIN, which is not shown", async () => {
    await say("approve red");
    const code = /\/approve ([A-Z0-9]{3}-[A-Z0-9]{3})/.exec(await terminal.until(/\/approve [A-Z0-9]{3}-[A-Z0-9]{3}/))?.[1] ?? "";
    await say(`/approve ${code}`);
    await terminal.until(/PIN for \S+ \(not shown\) ›/);
    await say(pin);
    await terminal.until(/It was approved/);
    // The card settles beside the words of the agent, before or after them.
    const screen = await terminal.until(new RegExp(`${code} approved`));
    expect(screen).toContain(`${code} approved`);
    expect(screen.split(pin).length - 1).toBeLessThanOrEqual(1);
  });

  test("another thread knows nothing of the first", async () => {
    await say("/new Ideas");
    await terminal.until(/Ideas ›/);
    await say("hello from another thread");
    expect(await terminal.until(/Echo: hello from another thread/)).toContain("Ideas ›");
  });

  test("/quit stops the hub and gives the terminal back", async () => {
    await say("/quit");
    await terminal.until(/The hub has stopped\./);
    await terminal.press("C-l");
    await say("the shell is back");
    expect(await terminal.until(/the shell is back\s+the shell is back/)).not.toContain("Ideas › the shell");
  });
});
