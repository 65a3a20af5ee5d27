/**
 * Which environment variables an account or an orchestrator may read: those its kind declares, and those its own block names under a key that ends in
 * `_env`, such as `token_env: OPS_BOT_TOKEN`. So two accounts of one kind have a token each, and neither stands in the file.
 */
import { type Block, blockOf } from "./blocks.ts";
import type { KindSchema } from "./check.ts";
import type { EnvironmentVariable } from "./environment.ts";
import type { ParsedFile } from "./file.ts";
import { type Path, type Problem, pathText } from "./problems.ts";

/** All variables that blocks name, as secrets: masked everywhere, withheld from agents, and readable from `NAME_FILE`. */
export function namedVariables(file: ParsedFile): EnvironmentVariable[] {
  return namingBlocks(file).flatMap(({ path, block }) =>
    namesIn(block).map((name) => ({ name, purpose: `a secret of ${path.join(" ")}`, secret: true })),
  );
}

export function variableProblems(file: ParsedFile): Problem[] {
  const { lineOf } = file;
  return namingBlocks(file).flatMap(({ path: at, block }) =>
    namingEntries(block).flatMap(([key, name]) => {
      const path: Path = [...at, key];
      const remedy = "Write the name of a variable in capitals, such as OPS_BOT_TOKEN; those that begin with MOS_HUB_ are the hub's own.";
      const problem = {
        path: pathText(path),
        line: lineOf(path),
        wrong: `names no variable that an ${at[0] === "accounts" ? "account" : "orchestrator"} may read`,
        remedy,
      };
      return isName(name) ? [] : [problem];
    }),
  );
}

/** The names an account with this block may ask for. */
export function readableBy(block: Block, { environment = [] }: Pick<KindSchema, "environment">): string[] {
  return [...environment.map(({ name }) => name), ...namesIn(block)];
}

function namingBlocks({ data }: ParsedFile): { path: string[]; block: Block }[] {
  const named = ["accounts", "orchestrators"].flatMap((key) =>
    Object.entries(blockOf(data[key])).map(([name, block]) => ({ path: [key, name], block: blockOf(block) })),
  );
  return [...named, { path: ["orchestrator"], block: blockOf(data["orchestrator"]) }];
}

function namesIn(block: Block): string[] {
  return namingEntries(block).flatMap(([, name]) => (isName(name) ? [name] : []));
}

function namingEntries(block: Block): [string, unknown][] {
  return Object.entries(block).filter(([key]) => key.endsWith("_env"));
}

function isName(name: unknown): name is string {
  return typeof name === "string" && /^(?!MOS_HUB_)[A-Z][A-Z0-9_]*$/.test(name);
}
