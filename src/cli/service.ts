/** `mos-hub service`: the hub as a user service of systemd. What `install` enables, `remove` disables, and nothing else. */
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { searchPath } from "../config.ts";
import { HubError } from "../contract/errors.ts";
import type { AddCommand, CommandContext } from "./command.ts";
import { unitText } from "./service-unit.ts";
import { isOnPath, runQuietly } from "./systemd.ts";

const UNIT = "mos-hub.service";
const SCRIPT = fileURLToPath(new URL("./mos-hub.mjs", import.meta.url));
const SHIPPED = fileURLToPath(new URL("../../deploy/mos-hub.service", import.meta.url));
/** In the unit that was written, so that `remove` knows whose lingering it was. */
const LINGER_MARK = "# Lingering was enabled by this installation.\n";

interface InstallOptions {
  readonly after?: string;
  readonly config?: string;
  readonly roster?: string;
  readonly dataDir?: string;
}

export const addService: AddCommand = (program, act) => {
  const service = program.command("service").description("the hub as a user service of systemd");
  service
    .command("install")
    .description("write the unit, start it now and at every boot")
    .option("--after <unit>", "the orchestrator's own unit (default: that of a fleet's agent, where it is one)")
    .action(
      act((context, options: InstallOptions, command: { optsWithGlobals(): InstallOptions }) =>
        install(context, { ...command.optsWithGlobals(), ...options }),
      ),
    );
  service
    .command("remove")
    .description("stop it, and undo what install enabled; the data and the file of secrets stay")
    .action(act(remove));
  service.command("status").description("whether it is enabled and running").action(act(status));
};

interface Places {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly unit: string;
  readonly configDir: string;
}

async function placesOf(context: CommandContext): Promise<Places> {
  const { baseEnv } = await context.config();
  const home = baseEnv["HOME"] || homedir();
  const config = baseEnv["XDG_CONFIG_HOME"] || join(home, ".config");
  if (!isOnPath("systemctl", searchPath()))
    throw new HubError("bad_request", { problems: "there is no systemctl here: this machine runs without systemd" });
  return { env: baseEnv, unit: join(config, "systemd", "user", UNIT), configDir: join(config, "mos-hub") };
}

async function install(context: CommandContext, options: InstallOptions): Promise<number> {
  const { config } = await context.wholeConfig();
  const { env, unit, configDir } = await placesOf(context);
  const { driver, options: own } = config.orchestrator;
  const after = options.after ?? (driver === "tmux" ? `mosaic-agent@${String(own["session"] ?? "orchestrator")}.service` : undefined);
  if (after !== undefined && !/^[A-Za-z0-9:_.\\@-]+\.(?:service|target)$/.test(after))
    throw new HubError("bad_request", { problems: "--after is a unit's name, such as agent.service" });
  const canNotify = isOnPath("systemd-notify", searchPath());
  const facts = { runtime: process.execPath, script: SCRIPT, options: optionsOf(options, config.file), configDir, after, canNotify };
  const hadLinger = (await readFile(unit, "utf8").catch(() => "")).startsWith(LINGER_MARK);
  const isLingering = (await linger(env)) === "yes";
  const text = unitText(await readFile(SHIPPED, "utf8"), facts);
  await mkdir(join(unit, ".."), { recursive: true });
  await writeFile(unit, hadLinger || !isLingering ? LINGER_MARK + text : text);
  const secrets = await secretsFile(configDir);
  await must(env, ["--user", "daemon-reload"]);
  await must(env, ["--user", "enable", "--now", UNIT]);
  const stays = isLingering || (await runQuietly("loginctl", ["enable-linger"], env)).ok;
  context.print({ type: "installed", unit, secrets, after, notifies: canNotify, lingers: stays }, () =>
    [
      `${unit} is enabled and started.`,
      `Secrets belong into ${secrets} (mode 0600); after a change: systemctl --user restart mos-hub`,
      ...(after === undefined ? [] : [`It starts after ${after}.`]),
      ...(stays ? [] : ["It ends when you log out: loginctl enable-linger was refused."]),
      ...(canNotify ? [] : ["systemd-notify is not installed: systemd is not told when the hub is ready, and watches its process only."]),
    ].join("\n"),
  );
  return 0;
}

async function remove(context: CommandContext): Promise<number> {
  const { env, unit } = await placesOf(context);
  const written = await readFile(unit, "utf8").catch(() => undefined);
  if (written === undefined) throw new HubError("not_found", { what: "service", id: UNIT });
  await must(env, ["--user", "disable", "--now", UNIT]);
  await rm(unit);
  await must(env, ["--user", "daemon-reload"]);
  if (written.startsWith(LINGER_MARK)) await runQuietly("loginctl", ["disable-linger"], env);
  context.print({ type: "removed", unit }, () => `${UNIT} is stopped and disabled. Its data and its file of secrets are where they were.`);
  return 0;
}

async function status(context: CommandContext): Promise<number> {
  const { env } = await placesOf(context);
  const [enabled, active] = await Promise.all(
    ["is-enabled", "is-active"].map((verb) => runQuietly("systemctl", ["--user", verb, UNIT], env)),
  );
  const words = { enabled: enabled?.output ?? "", active: active?.output ?? "", lingers: (await linger(env)) === "yes" };
  context.print(
    { type: "service", ...words },
    () => `${UNIT}: ${words.enabled}, ${words.active}${words.lingers ? "" : "; it ends when you log out"}`,
  );
  return active?.ok ? 0 : 69;
}

async function linger(env: Places["env"]): Promise<string> {
  return (await runQuietly("loginctl", ["show-user", "--property=Linger", "--value"], env)).output;
}

async function must(env: Places["env"], args: readonly string[]): Promise<void> {
  const { ok, output } = await runQuietly("systemctl", args, env);
  if (!ok) throw new HubError("bad_request", { problems: `systemctl ${args.join(" ")}: ${output.slice(0, 300)}` });
}

/** What the command was given holds for the service, too, wherever it is started. */
function optionsOf({ config, roster, dataDir }: InstallOptions, file: string | undefined): string[] {
  const named =
    roster !== undefined
      ? ["--roster", resolve(roster)]
      : config !== undefined || file?.endsWith("hub.yaml")
        ? ["--config", resolve(config ?? file ?? "")]
        : [];
  return [...named, ...(dataDir === undefined ? [] : ["--data-dir", resolve(dataDir)])];
}

/** Made if it is not there; nobody else may read it, whoever made it. */
async function secretsFile(configDir: string): Promise<string> {
  const file = join(configDir, "env");
  await mkdir(configDir, { recursive: true, mode: 0o700 });
  if (!(await stat(file).catch(() => undefined)))
    await writeFile(file, "# NAME=value, one a line; .env.example lists the names.\n", { mode: 0o600 });
  await chmod(file, 0o600);
  return file;
}
