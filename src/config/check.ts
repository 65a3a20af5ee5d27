/**
 * Everything that can be wrong with the data of the file, found in one pass. Pure; the schemas of connectors and drivers are handed in.
 * Works on the raw data, so that one mistake never hides another.
 */
import type { z } from "zod";
import type { EnvironmentVariable } from "./environment.ts";
import type { ParsedFile } from "./file.ts";
import { type Block, blockOf, type DriverSchema, ownPart } from "./blocks.ts";
import { nearestOf } from "./nearest.ts";
import { orchestratorProblems } from "./orchestrators.ts";
import { type Path, type Problem, pathText, problemsOf, unknownName } from "./problems.ts";
import { hubFile } from "./schema.ts";
import { secretProblems } from "./secrets.ts";

/** A kind of connector, as far as its configuration goes; a ConnectorDefinition is one. */
export interface KindSchema {
  readonly kind: string;
  readonly config: z.ZodType;
  readonly environment?: readonly EnvironmentVariable[];
  readonly isLocal?: boolean | undefined;
  readonly person?: z.ZodType | undefined;
}

/** Absent: whoever asks runs neither, and blocks are not looked into (a command that only needs the data folder). */
export interface KnownParts {
  readonly connectors?: readonly KindSchema[] | undefined;
  /** Further kinds there are, whose accounts nobody looks into. */
  readonly otherKinds?: readonly string[] | undefined;
  readonly drivers?: readonly DriverSchema[] | undefined;
}

export const DEFAULT_ACCOUNTS: Readonly<Record<string, Block>> = { console: { kind: "console" } };

export function fileProblems(file: ParsedFile, parts: KnownParts): Problem[] {
  const secrets = secretProblems({ data: file.data, variableFor: (path) => variableFor(path, file, parts), lineOf: file.lineOf });
  const rest = [
    ...problemsOf({ schema: hubFile, value: file.data, at: [], lineOf: file.lineOf }),
    ...Object.entries(blockOf(file.data["accounts"])).flatMap(([account, block]) => accountProblems(account, block, file, parts)),
    ...orchestratorProblems(file, parts.drivers, accountsIn(file)),
    ...operatorProblems(file),
    ...chatProblems(file),
  ];
  // A secret under an unknown key is one mistake, not two.
  const told = new Set(secrets.map(({ path }) => path));
  return [...secrets, ...rest.filter(({ path }) => !told.has(path))];
}

function accountProblems(account: string, block: unknown, file: ParsedFile, { connectors: kinds, otherKinds = [] }: KnownParts): Problem[] {
  const { kind, ...rest } = blockOf(block);
  if (!kinds || typeof kind !== "string") return [];
  const found = kinds.find((one) => one.kind === kind);
  const known = [...kinds.map((one) => one.kind), ...otherKinds];
  const path: Path = ["accounts", account, "kind"];
  if (!found) return [unknownName({ what: "kind of connector", typed: kind, known, path }, file.lineOf)];
  return problemsOf({
    schema: found.config,
    value: ownPart({ kind, ...rest }, ["kind"], found.config),
    at: ["accounts", account],
    lineOf: file.lineOf,
  });
}

/** Accounts that are not there, wherever a chat is named. Whether the account's platform can have a canary only the connector knows. */
function chatProblems(file: ParsedFile): Problem[] {
  const known = accountsIn(file);
  const { policies } = blockOf(file.data["approvals"]);
  const named: [Path, unknown][] = [
    [["canary"], file.data["canary"]],
    [["audit", "head_to"], blockOf(file.data["audit"])["head_to"]],
    ...listOf(policies).flatMap((policy, at): [Path, unknown][] => [
      ...listOf(blockOf(policy)["chats"]).map((chat, index): [Path, unknown] => [["approvals", "policies", at, "chats", index], chat]),
      ...listOf(blockOf(blockOf(policy)["escalate"])["chats"]).map((chat, index): [Path, unknown] => [
        ["approvals", "policies", at, "escalate", "chats", index],
        chat,
      ]),
    ]),
  ];
  return named.flatMap(([place, chat]) => {
    const { account } = blockOf(chat);
    if (typeof account !== "string" || known.includes(account)) return [];
    return [unknownName({ what: "account", typed: account, known, path: [...place, "account"] }, file.lineOf)];
  });
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function accountsIn({ data }: ParsedFile): string[] {
  return Object.keys(blockOf(data["accounts"] ?? DEFAULT_ACCOUNTS));
}

/** Accounts that are not there, and people who cannot be told apart. */
function operatorProblems(file: ParsedFile): Problem[] {
  const accounts = accountsIn(file);
  const operators = listOf(file.data["operators"]);
  const seen = new Map<string, Path>();
  return operators.flatMap((operator, at) => {
    const { name, dir, accounts: from } = blockOf(operator);
    const place: Path = ["operators", at];
    const unknown = Object.keys(blockOf(from)).filter((account) => !accounts.includes(account));
    const claims = [
      { what: "this name", value: name, path: [...place, "name"] },
      { what: "this directory", value: dir, path: [...place, "dir"] },
      ...Object.entries(blockOf(from)).flatMap(([account, ids]) =>
        [ids].flat().map((id) => ({
          what: "this account's id",
          value: id === undefined ? id : JSON.stringify([account, String(id)]),
          path: [...place, "accounts", account],
        })),
      ),
    ];
    return [
      ...unknown.map((account) =>
        unknownName({ what: "account", typed: account, known: accounts, path: [...place, "accounts", account] }, file.lineOf),
      ),
      ...claims.flatMap((claim) => doubled(claim, seen, file)),
    ];
  });
}

function doubled(claim: { what: string; value: unknown; path: Path }, seen: Map<string, Path>, file: ParsedFile): Problem[] {
  if (typeof claim.value !== "string") return [];
  const key = `${claim.what} ${claim.value.trim()}`;
  const before = seen.get(key);
  if (!before) seen.set(key, claim.path);
  const remedy = before && `Each may belong to one person; it is also at ${pathText(before)}.`;
  return remedy
    ? [{ path: pathText(claim.path), line: file.lineOf(claim.path), wrong: `gives ${claim.what} to a second person`, remedy }]
    : [];
}

/** The variable made for what stands at this path: among those of the account's kind the one most like its key. */
function variableFor(path: Path, file: ParsedFile, parts: KnownParts): string | undefined {
  const key = String(path.findLast((part) => typeof part === "string") ?? "");
  if (path[0] === "database_url") return "MOS_HUB_DATABASE_URL (or MOS_HUB_DATABASE_URL_FILE)";
  if (path[0] === "pin") return "MOS_HUB_PIN (or MOS_HUB_PIN_FILE)";
  if (path[0] !== "accounts") return undefined;
  const { kind } = blockOf(blockOf(file.data["accounts"])[String(path[1])]);
  const names =
    parts.connectors
      ?.find((one) => one.kind === kind)
      ?.environment?.filter(({ secret }) => secret)
      .map(({ name }) => name) ?? [];
  const wanted = key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
  const name = names.find((one) => one.endsWith(wanted)) ?? nearestOf(wanted, names) ?? names[0];
  return name && `${name} (or ${name}_FILE)`;
}
