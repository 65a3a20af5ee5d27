/**
 * One tmux server, here or behind ssh: runs its commands and says how they ended. Knows nothing of agents.
 * Invariant: without a socket name there is no `-L`, and no text of a person is ever read by a shell or by tmux as a command.
 */
import { spawn } from "node:child_process";
import type { Clock } from "../../clock.ts";

export interface TmuxServer {
  /** `-L`; empty: tmux's own default socket. */
  readonly socket: string;
  /** Program and arguments in front of a command for another machine, such as `["ssh", "fleet.example.internal"]`; absent: this machine. */
  readonly remote?: readonly string[] | undefined;
}

export interface TmuxSetup extends TmuxServer {
  /** The program. Default `tmux`. */
  readonly program?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** After this long a command is ended and counts as unreachable. */
  readonly timeoutMs: number;
}

export type TmuxAnswer =
  | { readonly ok: true; readonly output: string }
  /** `gone`: tmux itself says that the session or its server is not there; `unreachable`: nobody could say. */
  | { readonly ok: false; readonly why: "gone" | "unreachable"; readonly detail: string };

/** Runs tmux commands in one call, separated by `";"`; the first that fails ends it. `input` is what `load-buffer -` reads. */
export type Tmux = (args: readonly string[], input?: string) => Promise<TmuxAnswer>;

/** A screen and its history are far below this; more is a program gone wild. */
const OUTPUT_BYTES = 8 * 1024 * 1024;

export function createTmux(setup: TmuxSetup): Tmux {
  const { env, clock, timeoutMs } = setup;
  return (args, input) =>
    new Promise((resolve) => {
      const [program = "tmux", ...rest] = commandLine(setup, args);
      const child = spawn(program, rest, { env: { ...env }, stdio: ["pipe", "pipe", "pipe"] });
      const output: Buffer[] = [];
      const complaint: Buffer[] = [];
      let bytes = 0;
      const keep = (into: Buffer[]) => (chunk: Buffer) => {
        if ((bytes += chunk.length) <= OUTPUT_BYTES) into.push(chunk);
      };
      const unreachable = (detail: string): void => resolve({ ok: false, why: "unreachable", detail });
      const cancel = clock.setTimer(timeoutMs, () => {
        child.kill("SIGKILL");
        unreachable(`tmux did not answer within ${timeoutMs / 1000} s`);
      });
      child.stdout.on("data", keep(output));
      child.stderr.on("data", keep(complaint));
      // A command that ends before it has read its input says so by its exit code.
      child.stdin.on("error", () => {});
      child.on("error", (error) => {
        cancel();
        unreachable(`${program} could not be started (${"code" in error ? String(error.code) : error.message})`);
      });
      child.on("close", (code) => {
        cancel();
        resolve(answerOf(code, Buffer.concat(output).toString("utf8"), Buffer.concat(complaint).toString("utf8").trim()));
      });
      child.stdin.end(input ?? "");
    });
}

/** tmux's own words (cmd-find.c, client.c of 3.x) when what was named is not there. */
const GONE =
  /can't find (?:session|window|pane)|no server running|error connecting to .*\((?:No such file or directory|Connection refused)\)/;

function answerOf(code: number | null, output: string, complaint: string): TmuxAnswer {
  if (code === 0) return { ok: true, output };
  const detail = complaint.slice(0, 300) || `it ended with exit code ${code ?? "none"}`;
  return { ok: false, why: GONE.test(complaint) ? "gone" : "unreachable", detail };
}

/** `-u`: letters outside ASCII come back as they are, whatever the locale of the hub. */
export function commandLine(
  { socket, remote, program = "tmux" }: TmuxServer & Pick<TmuxSetup, "program">,
  args: readonly string[],
): string[] {
  const tmux = [program, "-u", ...(socket === "" ? [] : ["-L", socket]), ...args];
  return remote === undefined ? tmux : [...remote, "--", tmux.map(quoted).join(" ")];
}

/** The far side of ssh is a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
