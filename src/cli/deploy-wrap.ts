/**
 * `mos-hub deploy wrap -- command`: runs a command and reports how it goes. Its output, exit code and signals are its own: whoever runs it sees
 * what they would have seen without us, also when the hub cannot be reached.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants } from "node:os";
import type { Clock } from "../clock.ts";
import { within } from "../clock.ts";
import type { DeployState } from "../contract/message.ts";

export interface Wrapped {
  readonly command: readonly string[];
  /** Tells the hub; may reject. */
  readonly report: (told: { readonly deploy_id: string; readonly state: DeployState; readonly failure_tail?: string }) => Promise<unknown>;
  readonly warn: (words: string) => void;
  readonly clock: Clock;
  readonly id?: string | undefined;
}

/** What is kept of its output, letters. */
const TAIL = 20_000;
/** A hub that does not answer holds the command up no longer than this. */
const REPORT_MS = 5000;
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/** As a shell says them: no such command; one that may not be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/** The exit code of the command; of one ended by a signal 128 and its number. */
export async function wrap({ command, report, warn, clock, id = `wrap-${randomUUID()}` }: Wrapped): Promise<number> {
  let lastReport: Promise<void> = Promise.resolve();
  const tell = (state: DeployState, tail?: string): void => {
    const told = { deploy_id: id, state, ...(tail ? { failure_tail: tail } : {}) };
    lastReport = lastReport.then(async () => {
      const done = report(told).then(
        () => true,
        (thrown: unknown) => void warn(`${state} was not reported: ${(thrown as Error).message}`),
      );
      if (
        (await within(
          clock,
          REPORT_MS,
          done.then(() => true),
        )) === undefined
      )
        warn(`${state} was not reported in time.`);
    });
  };
  tell("queued");
  await lastReport;
  const ended = await run(command, () => tell("building"));
  tell(ended.code === 0 ? "live" : "failed", ended.code === 0 ? undefined : ended.tail);
  await lastReport;
  return ended.code;
}

interface Ended {
  readonly code: number;
  readonly tail: string;
}

function run([program = "", ...args]: readonly string[], onStart: () => void): Promise<Ended> {
  return new Promise((resolve) => {
    let tail = "";
    const child = spawn(program, args, { stdio: ["inherit", "pipe", "pipe"] });
    const keep = (to: NodeJS.WriteStream) => (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-TAIL);
      to.write(chunk);
    };
    child.stdout.on("data", keep(process.stdout));
    child.stderr.on("data", keep(process.stderr));
    const forwards = FORWARDED.map((signal) => [signal, () => void child.kill(signal)] as const);
    for (const [signal, forward] of forwards) process.on(signal, forward);
    const end = (code: number, words = ""): void => {
      for (const [signal, forward] of forwards) process.off(signal, forward);
      resolve({ code, tail: [tail, words].filter(Boolean).join("\n") });
    };
    child.once("spawn", onStart);
    child.once("error", (error: NodeJS.ErrnoException) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      end(error.code === "ENOENT" ? NOT_FOUND : NOT_RUNNABLE, error.message);
    });
    child.once("close", (code, signal) => end(code ?? 128 + (signal ? constants.signals[signal] : 0), signal ? `ended by ${signal}` : ""));
  });
}
