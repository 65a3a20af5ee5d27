/**
 * The environment variables of the hub, and how a variable's value is found: in it, or in the file that `NAME_FILE` names.
 * Owns the list `.env.example` is written from (with those of the connectors). Never says a value aloud.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { nearestOf } from "./nearest.ts";
import type { Problem } from "./problems.ts";

export interface EnvironmentVariable {
  readonly name: string;
  /** A sentence fragment for `.env.example`. */
  readonly purpose: string;
  /** May also be given as `NAME_FILE`; is masked everywhere and withheld from agents. */
  readonly secret: boolean;
  readonly default?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const ENVIRONMENT: readonly EnvironmentVariable[] = [
  { name: "MOS_HUB_CONFIG", purpose: "the configuration file", secret: false, default: "./hub.yaml where there is one" },
  { name: "MOS_HUB_DATA_DIR", purpose: "the folder everything is kept in", secret: false, default: "~/.local/share/mos-hub" },
  { name: "MOS_HUB_HOST", purpose: "the address the hub listens on", secret: false, default: "127.0.0.1" },
  { name: "MOS_HUB_PORT", purpose: "the port the hub listens on; 0 picks a free one", secret: false, default: "7077" },
  {
    name: "MOS_HUB_DATABASE_URL",
    purpose: "the URL of a PostgreSQL database to keep the store in",
    secret: true,
    default: "SQLite in the data folder",
  },
  { name: "MOS_HUB_PUBLIC_URL", purpose: "where a person's browser reaches the hub", secret: false, default: "nowhere" },
  { name: "MOS_HUB_PIN", purpose: "the local operator's PIN for decisions, at least 6 digits", secret: true },
  {
    name: "MOS_HUB_SEAL_KEY",
    purpose: "32 random bytes in base64url that seal keys kept in the store, where several nodes share one",
    secret: true,
    default: "seal.key in the data folder",
  },
  { name: "MOS_HUB_LOG_LEVEL", purpose: "debug, info, warn, error or silent", secret: false, default: "info" },
];

export interface ReadVariables {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** The values of the declared variables. An empty one counts as not set, as it does in a copied `.env.example`. */
export async function readVariables(env: Environment, declared: readonly EnvironmentVariable[], cwd: string): Promise<ReadVariables> {
  const problems: Problem[] = misspelled(env, declared);
  const values: Record<string, string> = {};
  for (const { name, secret } of declared) {
    const file = secret ? env[`${name}_FILE`] : undefined;
    const read = file ? await fromFile({ name, file: resolve(cwd, file), given: env[name] }) : env[name]?.trim();
    if (typeof read === "object") problems.push(read);
    else if (read) values[name] = read;
  }
  return { values, problems };
}

/** The environment without its secrets: what drivers may allow-list from. `NAME_FILE` goes too, since it says where the secret lies. */
export function withoutSecrets(env: Environment, declared: readonly EnvironmentVariable[]): Environment {
  const withheld = new Set(withheldNames(declared));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !withheld.has(name)));
}

export function withheldNames(declared: readonly EnvironmentVariable[]): string[] {
  return declared.filter(({ secret }) => secret).flatMap(({ name }) => [name, `${name}_FILE`]);
}

async function fromFile(asked: { name: string; file: string; given: string | undefined }): Promise<string | Problem> {
  const path = `${asked.name}_FILE`;
  if (asked.given) return { path, wrong: `is set together with ${asked.name}`, remedy: "Set one of the two." };
  try {
    const value = (await readFile(asked.file, "utf8")).trim();
    return value || { path, wrong: `names an empty file (${asked.file})`, remedy: "Write the secret into it, or unset the variable." };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    return {
      path,
      wrong: `names a file that cannot be read (${asked.file}: ${code})`,
      remedy: "Correct the path, or let the hub's user read the file.",
    };
  }
}

/** A variable of ours with one letter too few or too many would otherwise be ignored without a word. */
function misspelled(env: Environment, declared: readonly EnvironmentVariable[]): Problem[] {
  const known = declared.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]));
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith("MOS_HUB_") || known.includes(name)) return [];
    const near = nearestOf(
      name.slice("MOS_HUB_".length),
      known.map((other) => other.replace("MOS_HUB_", "")),
      4,
    );
    return near ? [{ path: name, wrong: "is not a variable of the hub", remedy: `Did you mean MOS_HUB_${near}?` }] : [];
  });
}
