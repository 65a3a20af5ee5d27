/**
 * `mos-hub deploy wrap -- command`: runs a command and reports how it goes. Its output, exit code and signals are its own: whoever runs it sees
 * what they would have seen without us, also when the hub cannot be reached.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
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
/** A terminal sends these to the command as well; a second one means "at once" to many. */
const FROM_TERMINAL: readonly string[] = ["SIGINT", "SIGQUIT"];
/** As a shell says them: no such command; one that may not be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/** The exit code of the command; of one ended by a signal 128 and its number. */
export async function wrap({ command, report, warn, clock, id = `wrap-${randomUUID()}` }: Wrapped): Promise<number> {
  let lastReport: Promise<void> = Promise.resolve();
  const tell = (state: DeployState, tail?: string): void => {
    const told = { deploy_id: id, state, ...(tail ? { failure_tail: tail } : {}) };
    lastReport = lastReport.then(async () => {
      const done = report(told).catch((thrown: unknown) => warn(`${state} was not reported: ${(thrown as Error).message}`));
      const inTime = await within(
        clock,
        REPORT_MS,
        done.then(() => true),
      );
      if (inTime === undefined) warn(`${state} was not reported in time.`);
    });
  };
  tell("queued");
  await lastReport;
  const ended = await run(command, () => tell("building"));
  if (ended.code === 0) tell("live");
  else tell("failed", ended.tail || `It printed nothing; its exit code is ${ended.code}.`);
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
    const keep = (from: Readable, to: NodeJS.WriteStream): void => {
      const decoder = new StringDecoder("utf8");
      from.on("data", (chunk: Buffer) => (tail = (tail + decoder.write(chunk)).slice(-TAIL)));
      from.pipe(to, { end: false });
      // Whoever read it has gone: the command finds that out as it would without us.
      to.once("error", () => from.destroy());
    };
    keep(child.stdout, process.stdout);
    keep(child.stderr, process.stderr);
    const forward = (signal: NodeJS.Signals) => (): void => {
      if (!(process.stdin.isTTY && FROM_TERMINAL.includes(signal))) child.kill(signal);
    };
    const forwards = FORWARDED.map((signal) => [signal, forward(signal)] as const);
    for (const [signal, pass] of forwards) process.on(signal, pass);
    const end = (code: number, words = ""): void => {
      for (const [signal, pass] of forwards) process.off(signal, pass);
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
