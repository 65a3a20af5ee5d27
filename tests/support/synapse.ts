/**
 * A real Synapse, a homeserver we did not write: installed from its package into a private virtual environment, started on a free port with a
 * folder of its own, and ended with the test. Where it may not be installed the suite is skipped, and the reason says so.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { until } from "./hub-process.ts";
import { hasTmux } from "./terminal.ts";

const VERSION = "1.163.2";
const VENV = join(tmpdir(), `mos-hub-synapse-${VERSION}`);
const PYTHON = join(VENV, "bin", "python");
const INSTALL_MS = 240_000;

/** Undefined where it is there, or may be installed, and what the guide is followed with. Nothing is downloaded by a plain `npm test`. */
export function whyNoSynapse(): string | undefined {
  if (process.env["MOS_HUB_REQUIRE_REAL"] === "1") return undefined;
  if (!hasTmux()) return "no tmux to type a password in";
  if (spawnSync("curl", ["--version"]).status !== 0) return "no curl, with which the guide lifts a limit";
  if (isInstalled()) return undefined;
  return `no Synapse ${VERSION} in ${VENV}; MOS_HUB_REQUIRE_REAL=1 installs it`;
}

const isInstalled = (): boolean => existsSync(PYTHON) && spawnSync(PYTHON, ["-c", "import synapse"]).status === 0;

/** Once a machine. Rejects with what the installer said. */
export async function installSynapse(): Promise<void> {
  if (isInstalled()) return;
  const run = promisify(execFile);
  await run("python3", ["-m", "venv", VENV], { timeout: INSTALL_MS });
  await run(PYTHON, ["-m", "pip", "install", "--quiet", `matrix-synapse==${VERSION}`], { timeout: INSTALL_MS });
}

export interface Synapse {
  readonly url: string;
  readonly serverName: string;
  /** Of the server's configuration: whoever holds it may register users. */
  readonly sharedSecret: string;
  /** Registers a user; resolves with a token of theirs on that device. */
  register(
    name: string,
    device: string,
    isAdmin?: boolean,
  ): Promise<{ readonly userId: string; readonly token: string; readonly password: string }>;
  end(): Promise<void>;
}

/** `limit`: Synapse's default of 0.2 events a second and 10 at once, or none to speak of. */
export async function startSynapse(limit: "default" | "lifted"): Promise<Synapse> {
  const dir = await mkdtemp(join(tmpdir(), "mos-hub-synapse-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const serverName = "hs.example.internal";
  const sharedSecret = randomBytes(16).toString("hex");
  await writeFile(join(dir, "homeserver.yaml"), configuration({ dir, port, serverName, sharedSecret, limit }));
  await writeFile(join(dir, "log.yaml"), LOGGING);
  const child = spawn(PYTHON, ["-m", "synapse.app.homeserver", "-c", "homeserver.yaml"], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  await until(`Synapse answers; it printed: ${printed.slice(-2000)}`, async () => {
    if (child.exitCode !== null) throw new Error(`Synapse ended: ${printed.slice(-2000)}`);
    return fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return {
    url,
    serverName,
    sharedSecret,
    async register(name, device, isAdmin = false) {
      const password = `password of ${name}`;
      await registerUser(url, sharedSecret, { name, password, isAdmin });
      const body = { type: "m.login.password", identifier: { type: "m.id.user", user: name }, password, device_id: device };
      const { access_token: token } = await post<{ access_token: string }>(`${url}/_matrix/client/v3/login`, body);
      return { userId: `@${name}:${serverName}`, token, password };
    },
    async end() {
      await stop(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Synapse's own way for those who run it: a nonce, signed with the secret of its configuration. */
async function registerUser(
  url: string,
  secret: string,
  { name, password, isAdmin }: { name: string; password: string; isAdmin: boolean },
): Promise<void> {
  const address = `${url}/_synapse/admin/v1/register`;
  const { nonce } = (await (await fetch(address)).json()) as { nonce: string };
  const mac = createHmac("sha1", secret)
    .update([nonce, name, password, isAdmin ? "admin" : "notadmin"].join("\0"))
    .digest("hex");
  await post(address, { nonce, username: name, password, admin: isAdmin, mac });
}

async function post<T>(address: string, body: object): Promise<T> {
  const response = await fetch(address, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${address} answers ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  await ended;
}

interface Settings {
  readonly dir: string;
  readonly port: number;
  readonly serverName: string;
  readonly sharedSecret: string;
  readonly limit: "default" | "lifted";
}

const LOGGING = "version: 1\nhandlers: { console: { class: logging.StreamHandler } }\nroot: { level: ERROR, handlers: [console] }\n";
const MANY = "{ per_second: 100000, burst_count: 100000 }";

function configuration({ dir, port, serverName, sharedSecret, limit }: Settings): string {
  const limits = limit === "default" ? [] : [`rc_message: ${MANY}`];
  return [
    `server_name: ${serverName}`,
    `pid_file: ${join(dir, "pid")}`,
    `listeners: [{ port: ${port}, type: http, bind_addresses: ["127.0.0.1"], resources: [{ names: [client] }] }]`,
    `database: { name: sqlite3, args: { database: ${join(dir, "homeserver.db")} } }`,
    `log_config: ${join(dir, "log.yaml")}`,
    `media_store_path: ${join(dir, "media")}`,
    `signing_key_path: ${join(dir, "signing.key")}`,
    `registration_shared_secret: ${sharedSecret}`,
    "macaroon_secret_key: for-a-test-only",
    "form_secret: for-a-test-only",
    "report_stats: false",
    "enable_registration: true",
    "registration_requires_token: true",
    "trusted_key_servers: []",
    // How often somebody signs in, joins or invites is not what is tested.
    `rc_login: { address: ${MANY}, account: ${MANY}, failed_attempts: ${MANY} }`,
    `rc_joins: { local: ${MANY} }`,
    `rc_invites: { per_room: ${MANY}, per_user: ${MANY}, per_issuer: ${MANY} }`,
    ...limits,
    "",
  ].join("\n");
}
