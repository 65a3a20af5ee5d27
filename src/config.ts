/**
 * The configuration: hub.yaml, the environment and the defaults as one checked value. The only file that reads `process.env`, and it
 * reads it once. Invariant: a Config has no problem left in it, every secret in it is listed in `secrets`, and no error says a secret.
 */
import { homedir, userInfo } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { CanaryConfig } from "./canary.ts";
import type { AccountSecrets, ConnectorDefinition } from "./contract/connector.ts";
import type { Address } from "./contract/ids.ts";
import type { ApprovalRules } from "./contract/policy.ts";
import type { PersonFields, Role } from "./contract/tables.ts";
import { approvalRules } from "./config/approvals.ts";
import { namedVariables, readableBy, variableProblems } from "./config/account-variables.ts";
import { type Block, blockOf } from "./config/blocks.ts";
import { DEFAULT_ACCOUNTS, fileProblems, type KnownParts } from "./config/check.ts";
import { deploysConfig, type DeploysConfig } from "./config/deploys.ts";
import { durationMs } from "./config/durations.ts";
import {
  type Environment,
  ENVIRONMENT,
  type EnvironmentVariable,
  readVariables,
  withheldNames,
  withoutSecrets,
} from "./config/environment.ts";
import { NO_FILE, type ParsedFile, parseConfigFile, readConfigFile } from "./config/file.ts";
import { DEFAULT_DRIVER, type OrchestratorConfig, orchestratorsOf } from "./config/orchestrators.ts";
import { loadOutside } from "./config/outside.ts";
import { configInvalid, type Problem } from "./config/problems.ts";
import { unlikelyPeople } from "./config/unlikely-people.ts";
import { type HubFile, hubFile } from "./config/schema.ts";
import { reachProblems } from "./config/reach.ts";
import { webhookProblems, webhookVariables } from "./config/webhook-variables.ts";
import { type EnvironmentSettings, parseSettings, settingsProblems } from "./config/values.ts";
import type { LogLevel } from "./log-levels.ts";
import { looksLikeSecret } from "./redaction/key-like.ts";
import type { Secret } from "./redaction/secrets.ts";

export interface Config {
  /** The file it came from, absolute; undefined when there is none. */
  readonly file: string | undefined;
  readonly tenantId: string;
  readonly host: string;
  readonly port: number;
  /** Absolute. Made by whoever first writes into it. */
  readonly dataDir: string;
  /** May hold a password. Undefined: SQLite in the data folder. */
  readonly databaseUrl: string | undefined;
  /** Without a trailing slash. */
  readonly publicUrl: string | undefined;
  /** Absolute paths. Undefined: the port is not encrypted. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** The one that answers where nothing else was chosen: the first of `orchestrators`. */
  readonly orchestrator: OrchestratorConfig;
  readonly orchestrators: readonly OrchestratorConfig[];
  readonly accounts: readonly AccountConfig[];
  /** The account that is proved by a round trip. */
  readonly canary: CanaryConfig | undefined;
  /** The connectors that accounts take from modules of their own. */
  readonly outside: readonly ConnectorDefinition[];
  readonly operators: readonly OperatorConfig[];
  /** What the hub can live with, and its people cannot. */
  readonly warnings: readonly Problem[];
  readonly approvals: ApprovalRules;
  /** Where the head of the audit log is told. */
  readonly auditHeadTo: Address | undefined;
  readonly deploys: DeploysConfig;
  readonly pairing: { readonly expiryMs: number };
  /** `channel`: agents outside that understand it are told what people say. */
  readonly mcp: { readonly channel: boolean };
  readonly log: { readonly level: LogLevel };
  readonly limits: {
    readonly messageBytes: number;
    readonly fileBytes: number;
    readonly queuePerSession: number;
    readonly messagesPerMinute: number;
    readonly requestsPerSecond: number;
  };
  /** The local operator's PIN as it was given, to be hashed and forgotten. */
  readonly pin: string | undefined;
  /** What seals keys in the store, base64url; undefined: a file of the data folder. */
  readonly sealKey: string | undefined;
  /** Of the account the hub runs under; undefined where the system knows none. */
  readonly userName: string | undefined;
  /** Values of the variables that connectors declared and accounts named. Each account may read its own only. */
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: readonly Secret[];
  /** The environment for drivers to allow-list from: without the hub's and the connectors' secrets. */
  readonly baseEnv: Environment;
  /** The names of what `baseEnv` leaves out. */
  readonly withheld: readonly string[];
}

export interface AccountConfig {
  readonly account: string;
  readonly kind: string;
  /** The account's block as it was written, with its kind. */
  readonly config: Block;
  /** The names of the variables it may read. */
  readonly variables: readonly string[];
  /** Whoever is at it is the local operator. */
  readonly isLocal: boolean;
}

export interface OperatorConfig {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly accounts: PersonFields["accounts"];
  readonly dir?: string | undefined;
}

/** Which file counts. */
export interface FileOptions {
  /** Goes before MOS_HUB_CONFIG. */
  readonly file?: string | undefined;
  /** A fleet's roster to be read in place of any configuration file. */
  readonly roster?: string | undefined;
  /** Reads a fleet's roster as if it were the configuration file. Absent: rosters are not looked for. */
  readonly readRoster?: ((text: string, fileName: string) => ParsedFile) | undefined;
}

export interface LoadOptions extends KnownParts, FileOptions {
  /** Default: the environment of this process. */
  readonly env?: Environment;
  /** Default: the working folder of this process. */
  readonly cwd?: string;
  /** Goes before MOS_HUB_DATA_DIR. */
  readonly dataDir?: string | undefined;
}

/** Where the shell that started this process looks for programs. */
export function searchPath(): string {
  return process.env["PATH"] ?? "";
}

/** The kinds that the accounts of the configuration name, right or wrong: what has to be loaded to look into them. Throws `config_unreadable`. */
export async function kindsNamed(options: FileOptions & Pick<LoadOptions, "env" | "cwd"> = {}): Promise<string[]> {
  const { env = process.env, cwd = process.cwd() } = options;
  const { written } = await readWritten(options, env, cwd);
  const accounts = written.data["accounts"] === undefined ? DEFAULT_ACCOUNTS : blockOf(written.data["accounts"]);
  return Object.values(accounts).map((block) => String(blockOf(block)["kind"]));
}

/** Throws HubError `config_unreadable`, or `config_invalid` with every problem of file and environment at once. */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  const { cwd = process.cwd(), connectors: own, otherKinds, drivers } = options;
  const given = options.env ?? process.env;
  const env = options.dataDir === undefined ? given : { ...given, MOS_HUB_DATA_DIR: options.dataDir };
  const { path, written } = await readWritten(options, env, cwd);
  const dir = path === undefined ? cwd : dirname(path);
  const outside = own ? await loadOutside(written, dir, own) : { file: written, definitions: [], problems: [] };
  const { file } = outside;
  const connectors = own && [...own, ...outside.definitions];
  const ofKinds = (connectors ?? []).flatMap(({ environment = [] }) => environment);
  const declared = [...ENVIRONMENT, ...ofKinds, ...namedVariables(file), ...webhookVariables(file)];
  const variables = await readVariables(env, declared, cwd);
  const told = new Set(outside.problems.map(({ path: place }) => place));
  const problems = [
    ...variables.problems,
    ...settingsProblems(variables.values),
    ...outside.problems,
    ...variableProblems(file),
    // A command beside the hub signs nothing, and need not hold what the hub signs with.
    ...(own ? webhookProblems(file, variables.values) : []),
    ...(file.problems.length > 0 ? file.problems : fileProblems(file, { connectors, otherKinds, drivers })).filter(
      (one) => !told.has(one.path),
    ),
  ];
  if (problems.length > 0) throw configInvalid(problems.map((one) => ({ ...one, path: file.nameOf?.(one.path) ?? one.path })));
  const { definitions } = outside;
  const facts: Facts = { env, cwd, declared, definitions, connectors, drivers, file, path };
  const config = configOf(hubFile.parse(file.data), parseSettings(variables.values), variables.values, facts);
  const outOfReach = reachProblems(config);
  if (outOfReach.length > 0) throw configInvalid(outOfReach);
  return { ...config, warnings: unlikelyPeople(config, connectors ?? [], file.lineOf) };
}

/** The file that counts: the one somebody named, else `hub.yaml`, else the roster of a fleet on this machine. */
async function readWritten(
  options: LoadOptions,
  env: Environment,
  cwd: string,
): Promise<{ path: string | undefined; written: ParsedFile }> {
  const { file, roster, readRoster } = options;
  if (roster === undefined) {
    const named = file ?? (env["MOS_HUB_CONFIG"]?.trim() || undefined);
    const path = resolve(cwd, named ?? "hub.yaml");
    const text = await readConfigFile(path, named !== undefined);
    if (text !== undefined) return { path, written: parseConfigFile(text, basename(path)) };
  }
  if (readRoster === undefined) return { path: undefined, written: NO_FILE };
  const path = resolve(cwd, roster ?? defaultRoster(env));
  // One nobody named and this user may not see is none of theirs.
  const text = await readConfigFile(path, roster !== undefined).catch((thrown: unknown) => {
    if (roster === undefined) return undefined;
    throw thrown;
  });
  return text === undefined ? { path: undefined, written: NO_FILE } : { path, written: readRoster(text, basename(path)) };
}

/** Where a fleet keeps it, as its own tools say. */
function defaultRoster(env: Environment): string {
  return join(env["MOSAIC_HOME"] || join(env["HOME"] || homedir(), ".config", "mosaic"), "fleet", "roster.yaml");
}

interface Facts extends KnownParts {
  readonly env: Environment;
  readonly cwd: string;
  readonly declared: readonly EnvironmentVariable[];
  readonly definitions: readonly ConnectorDefinition[];
  readonly file: ParsedFile;
  readonly path: string | undefined;
}

function configOf(
  file: HubFile,
  set: EnvironmentSettings,
  values: Readonly<Record<string, string>>,
  facts: Facts,
): Omit<Config, "warnings"> {
  const { env, declared, path } = facts;
  const own = new Set(ENVIRONMENT.map(({ name }) => name));
  const [orchestrator, ...others] = orchestratorsOf(file, facts.drivers);
  return {
    file: path,
    tenantId: file.tenant ?? "local",
    host: set.MOS_HUB_HOST ?? file.host ?? "127.0.0.1",
    port: set.MOS_HUB_PORT ?? file.port ?? 7077,
    dataDir: dataDirOf(file, set, facts),
    databaseUrl: set.MOS_HUB_DATABASE_URL ?? file.database_url,
    publicUrl: (set.MOS_HUB_PUBLIC_URL ?? file.public_url)?.replace(/\/+$/, ""),
    tls: file.tls && { cert: besideFile(file.tls.cert, facts), key: besideFile(file.tls.key, facts) },
    orchestrator,
    orchestrators: [orchestrator, ...others],
    accounts: Object.entries(file.accounts ?? DEFAULT_ACCOUNTS).map(([account, config]) => accountOf(account, config, facts)),
    outside: facts.definitions,
    operators: file.operators.map(operatorOf),
    approvals: approvalRules(file.approvals),
    auditHeadTo: file.audit.head_to,
    deploys: deploysConfig(file.deploys, { values, rehearses: [orchestrator, ...others].every(({ driver }) => driver === DEFAULT_DRIVER) }),
    canary: file.canary && { account: file.canary.account, chat: file.canary.chat, everyMs: durationMs(file.canary.every) ?? 0 },
    pairing: { expiryMs: durationMs(file.pairing.expiry) ?? 0 },
    mcp: file.mcp,
    log: { level: set.MOS_HUB_LOG_LEVEL ?? file.log.level ?? "info" },
    limits: {
      messageBytes: file.limits.message_bytes,
      fileBytes: file.limits.file_bytes,
      queuePerSession: file.limits.queue_per_session,
      messagesPerMinute: file.limits.messages_per_minute,
      requestsPerSecond: file.limits.requests_per_second,
    },
    pin: set.MOS_HUB_PIN,
    sealKey: set.MOS_HUB_SEAL_KEY,
    userName: systemUser(),
    variables: Object.fromEntries(Object.entries(values).filter(([name]) => !own.has(name))),
    secrets: secretsIn(values, env, declared),
    baseEnv: withoutSecrets(env, declared),
    withheld: withheldNames(declared),
  };
}

/** A relative folder lies beside whatever named it: the file, or the shell. */
const homeOf = ({ env }: Facts): string => env["HOME"] || homedir();

function expanded(path: string, facts: Facts): string {
  return path === "~" || path.startsWith("~/") ? join(homeOf(facts), path.slice(1)) : path;
}

/** A path that hub.yaml names. */
function besideFile(named: string, facts: Facts): string {
  return resolve(facts.path ? dirname(facts.path) : facts.cwd, expanded(named, facts));
}

function dataDirOf(file: HubFile, set: EnvironmentSettings, facts: Facts): string {
  const { env, cwd } = facts;
  if (set.MOS_HUB_DATA_DIR) return resolve(cwd, expanded(set.MOS_HUB_DATA_DIR, facts));
  if (file.data_dir) return besideFile(file.data_dir, facts);
  // The XDG specification: a relative path there is to be ignored.
  const base = env["XDG_DATA_HOME"];
  return join(base && isAbsolute(base) ? base : join(homeOf(facts), ".local", "share"), "mos-hub");
}

function accountOf(account: string, config: Block, { connectors }: Facts): AccountConfig {
  const kind = String(config["kind"]);
  const definition = connectors?.find((one) => one.kind === kind);
  return { account, kind, config, variables: readableBy(config, definition ?? {}), isLocal: definition?.isLocal ?? false };
}

function operatorOf({ name, roles, accounts, dir }: HubFile["operators"][number]): OperatorConfig {
  const at = Object.entries(accounts).flatMap(([account, senders]) =>
    [senders].flat().map((sender) => ({ account, sender: String(sender) })),
  );
  return { name, roles: [...new Set(roles)], accounts: at, dir };
}

/** The environment as this account may see it. */
export function secretsOf({ variables }: AccountConfig, config: Pick<Config, "variables">): AccountSecrets {
  return { get: (name) => (variables.includes(name) ? config.variables[name] : undefined) };
}

/** Declared secrets, a URL's password by itself, and whatever else in the environment looks like one (an agent may print it). */
function secretsIn(values: Readonly<Record<string, string>>, env: Environment, declared: readonly EnvironmentVariable[]): Secret[] {
  const ours = declared.filter(({ name, secret }) => secret && values[name]).map(({ name }) => ({ name, value: values[name] ?? "" }));
  const passwords = ours.flatMap(({ name, value }) => passwordsIn(value).map((password) => ({ name, value: password })));
  const others = Object.entries(env).flatMap(([name, value]) => (value && looksLikeSecret(name, value) ? [{ name, value }] : []));
  return [...ours, ...passwords, ...others];
}

/** As it stands in the URL, and as the server knows it. */
function passwordsIn(value: string): string[] {
  const written = URL.parse(value)?.password;
  if (!written) return [];
  try {
    return [...new Set([written, decodeURIComponent(written)])];
  } catch {
    return [written];
  }
}

function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** Whether a variable is set and not empty: for conventions of terminals (`NO_COLOR`), which are no configuration of the hub. */
export function environmentHas(name: string, env: Environment = process.env): boolean {
  return Boolean(env[name]);
}
