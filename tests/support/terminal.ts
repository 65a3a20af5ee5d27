/** A real terminal: a program inside tmux, keys sent to it, and the screen read back. */
import { execFile, execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface TerminalRig {
  /** Types text as it is. */
  type(text: string): Promise<void>;
  /** Presses a key by tmux's name: `Enter`, `C-c`, `Up`. */
  press(...keys: string[]): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** The visible screen, without trailing spaces. */
  screen(): Promise<string>;
  /** The screen as soon as it matches. Rejects with the last one seen after so long; default a minute. */
  until(pattern: RegExp, patienceMs?: number): Promise<string>;
  /** Whether the bell has rung. */
  hasRung(): Promise<boolean>;
  end(): Promise<void>;
}

export function hasTmux(): boolean {
  try {
    execFileSync("tmux", ["-V"]);
    return true;
  } catch {
    return false;
  }
}

export async function openTerminal(
  command: readonly string[],
  size: { readonly columns: number; readonly rows: number },
): Promise<TerminalRig> {
  const socket = `mos-hub-test-${randomUUID()}`;
  const tmux = (...args: string[]): Promise<{ stdout: string }> => run("tmux", ["-L", socket, "-f", "/dev/null", ...args]);
  const quoted = command.map((part) => `'${part}'`).join(" ");
  // A shell after the program keeps the screen readable when it has ended.
  await tmux("new-session", "-d", "-s", "t", "-x", `${size.columns}`, "-y", `${size.rows}`, `${quoted}; exec cat`);

  const screen = async (): Promise<string> => (await tmux("capture-pane", "-p", "-t", "t")).stdout.replace(/[ \t]+$/gm, "");

  return {
    screen,
    type: async (text) => void (await tmux("send-keys", "-t", "t", "-l", text)),
    press: async (...keys) => void (await tmux("send-keys", "-t", "t", ...keys)),
    resize: async (columns, rows) => void (await tmux("resize-window", "-t", "t", "-x", `${columns}`, "-y", `${rows}`)),
    async until(pattern, patienceMs = 60_000) {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const shown = await screen();
        if (pattern.test(shown)) return shown;
        if (Date.now() > deadline) throw new Error(`The screen never matched ${pattern}. It shows:\n${shown}`);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    },
    hasRung: async () => (await tmux("display-message", "-p", "-t", "t", "#{window_bell_flag}")).stdout.trim() === "1",
    end: async () => void (await tmux("kill-server").catch(() => {})),
  };
}
