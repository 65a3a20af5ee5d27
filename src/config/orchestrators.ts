/**
 * Whom people talk to: `orchestrator` where there is one, `orchestrators` by name where there are several. Their schemas, what can be wrong
 * with them, and what they stand for. A driver's own keys are checked by its own schema, which the caller hands in.
 */
import { z } from "zod";
import type { OrchestratorSeat } from "../contract/handler.ts";
import { BUSY_MODES } from "../contract/tables.ts";
import { type Block, blockOf, type DriverSchema, ownPart } from "./blocks.ts";
import type { ParsedFile } from "./file.ts";
import { type Path, type Problem, pathText, problemsOf, unknownName } from "./problems.ts";
import { name } from "./names.ts";

export interface OrchestratorConfig extends OrchestratorSeat {
  readonly driver: string;
  /** The driver's own keys as they were written, checked by its schema and parsed by itself. */
  readonly options: Block;
}

export const DEFAULT_DRIVER = "rehearsal";
const DEFAULT_NAME = "orchestrator";
const DEFAULT_ALIAS = "Mos";

const common = {
  driver: z.string().min(1).describe("how the orchestrator is reached. Default: rehearsal.").optional(),
  alias: z
    .string()
    .regex(/^[^\p{C}\n]{1,60}$/u, "must be 1 to 60 printable characters")
    .describe("the name people see. Default: Mos; of several the name, with a capital.")
    .optional(),
  busy_mode: z
    .enum(BUSY_MODES)
    .describe("what is done with a message that comes while it works: queue, collect, interrupt or steer. Default: queue.")
    .optional(),
};

export const orchestratorBlock = z
  .looseObject({ ...common, name: name.describe("its name in session keys. Default: orchestrator.").optional() })
  .describe("the orchestrator people talk to; keys beside driver, name, alias and busy_mode are the driver's own.");

const chatRule = z
  .strictObject({
    account: z.string().min(1).describe("one of the accounts."),
    chat: z.string().min(1).describe("the platform's id of the chat. Default: every chat of the account.").optional(),
    thread: z.string().min(1).describe("the platform's id of a thread in it.").optional(),
    workspace: z.string().min(1).describe("the platform's id of the workspace or guild.").optional(),
  })
  .describe("a place where conversations begin with this orchestrator: an account, perhaps a chat, perhaps a thread.");

const oneOfSeveral = z
  .looseObject({ ...common, chats: z.array(chatRule).max(200).describe("where it answers unless another one is named.").optional() })
  .describe("one of several orchestrators; keys beside driver, alias, busy_mode and chats are the driver's own.");

export const orchestratorsBlock = z
  .record(name, oneOfSeveral)
  .refine((several) => Object.keys(several).length > 0, "names no orchestrator")
  .describe("several orchestrators by name, in place of orchestrator; the first answers where nothing else was chosen.");

const OWN_KEYS: readonly string[] = ["driver", "name", "alias", "busy_mode"];
const OWN_KEYS_OF_SEVERAL: readonly string[] = ["driver", "alias", "busy_mode", "chats"];

interface Written {
  readonly name: string;
  readonly block: Block;
  readonly at: Path;
  readonly hubKeys: readonly string[];
}

/** At least one, the default one first. */
function writtenIn(data: Block): [Written, ...Written[]] {
  const [first, ...others] = Object.entries(blockOf(data["orchestrators"])).map(([key, block]): Written => ({
    name: key,
    block: { driver: DEFAULT_DRIVER, alias: capitalised(key), ...blockOf(block) },
    at: ["orchestrators", key],
    hubKeys: OWN_KEYS_OF_SEVERAL,
  }));
  if (first) return [first, ...others];
  const block = { driver: DEFAULT_DRIVER, alias: DEFAULT_ALIAS, ...blockOf(data["orchestrator"]) };
  return [{ name: String(blockOf(block)["name"] ?? DEFAULT_NAME), block, at: ["orchestrator"], hubKeys: OWN_KEYS }];
}

/** The default one first. Of data that has no problem. */
export function orchestratorsOf(data: Block, drivers: readonly DriverSchema[] | undefined): [OrchestratorConfig, ...OrchestratorConfig[]] {
  const [first, ...others] = writtenIn(data);
  return [configOf(first, drivers), ...others.map((one) => configOf(one, drivers))];
}

function configOf({ name: called, block, hubKeys }: Written, drivers: readonly DriverSchema[] | undefined): OrchestratorConfig {
  const { driver = DEFAULT_DRIVER, alias = DEFAULT_ALIAS, busy_mode: busyMode = "queue", chats = [] } = oneOfSeveral.parse(block);
  const schema = drivers?.find((one) => one.driver === driver)?.config;
  return { name: called, alias, busyMode, chats, driver, options: ownPart(block, hubKeys, schema) };
}

export function orchestratorProblems(
  file: ParsedFile,
  drivers: readonly DriverSchema[] | undefined,
  accounts: readonly string[],
): Problem[] {
  const written = writtenIn(file.data);
  return [
    ...(drivers ? written.flatMap((one) => driverProblems(one, file, drivers)) : []),
    ...both(file),
    ...twins(written, file),
    ...chatProblems(written, file, accounts),
  ];
}

function driverProblems({ block, at, hubKeys }: Written, file: ParsedFile, drivers: readonly DriverSchema[]): Problem[] {
  const { driver } = block;
  if (typeof driver !== "string") return [];
  const found = drivers.find((one) => one.driver === driver);
  const known = drivers.map((one) => one.driver);
  if (!found) return [unknownName({ what: "orchestrator driver", typed: driver, known, path: [...at, "driver"] }, file.lineOf)];
  const value = ownPart(block, hubKeys, found.config);
  const problems = problemsOf({ schema: found.config, value, at, lineOf: file.lineOf });
  // What the hub's own schema says about these keys is said once.
  return problems.filter(({ path }) => !hubKeys.some((key) => path === pathText([...at, key])));
}

function both({ data, lineOf }: ParsedFile): Problem[] {
  if (data["orchestrator"] === undefined || data["orchestrators"] === undefined) return [];
  const remedy = "Move the one of orchestrator below orchestrators, under its name.";
  return [{ path: "orchestrator", line: lineOf(["orchestrator"]), wrong: "stands beside orchestrators", remedy }];
}

/** People name an orchestrator by its name or its alias, so that no two may share one. */
function twins(written: readonly Written[], { lineOf }: ParsedFile): Problem[] {
  const seen = new Set<string>();
  return written.flatMap(({ name: called, block, at }) => {
    const labels = new Set([called, String(block["alias"])].map((label) => label.toLowerCase()));
    const isTwin = [...labels].some((label) => seen.has(label));
    for (const label of labels) seen.add(label);
    const path = [...at, "alias"];
    const remedy = "Give each its own alias, which is no other's name either.";
    return isTwin ? [{ path: pathText(path), line: lineOf(path), wrong: "is what another orchestrator is called, too", remedy }] : [];
  });
}

/** Accounts that are not there, and places that two of them claim. */
function chatProblems(written: readonly Written[], { lineOf }: ParsedFile, accounts: readonly string[]): Problem[] {
  const seen = new Set<string>();
  return written.flatMap(({ block, at }) =>
    (Array.isArray(block["chats"]) ? (block["chats"] as unknown[]) : []).flatMap((rule, index): Problem[] => {
      const { account, chat, thread, workspace } = blockOf(rule);
      const path = [...at, "chats", index];
      if (typeof account === "string" && !accounts.includes(account))
        return [unknownName({ what: "account", typed: account, known: accounts, path: [...path, "account"] }, lineOf)];
      const key = JSON.stringify([account, workspace, chat, thread]);
      const isClaimed = seen.has(key);
      seen.add(key);
      const remedy = "Name each place for one orchestrator only.";
      return isClaimed ? [{ path: pathText(path), line: lineOf(path), wrong: "is claimed twice", remedy }] : [];
    }),
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
