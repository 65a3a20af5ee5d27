/** The variables in which the secrets of webhooks are, both ways, and what is wrong with a webhook that no schema of one block can see. */
import { type Block, blockOf } from "./blocks.ts";
import type { EnvironmentVariable } from "./environment.ts";
import type { ParsedFile } from "./file.ts";
import { type Path, pathText, type Problem } from "./problems.ts";

/** The variables that webhooks and carriers name, as secrets: masked everywhere, withheld from agents, and readable from `NAME_FILE`. */
export function webhookVariables(file: ParsedFile): EnvironmentVariable[] {
  return signedIn(file).flatMap(({ what, block: { secret_env: variable } }) =>
    typeof variable === "string" ? [{ name: variable, purpose: `the secret of ${what}`, secret: true }] : [],
  );
}

/** A door whose secret is not there would refuse everything; one without a map would understand nothing; a call without one proves nothing. */
export function webhookProblems(file: ParsedFile, values: Readonly<Record<string, string>>): Problem[] {
  const unset = signedIn(file).filter(({ block: { secret_env: name } }) => typeof name === "string" && !values[name]);
  const unmapped = signedIn(file).filter(({ block }) => {
    const { app, state } = blockOf(block["fields"]);
    return block["shape"] === "mapped" && (app === undefined || state === undefined);
  });
  const at = (path: Path) => ({ path: pathText(path), line: file.lineOf(path) });
  return [
    ...unset.map(({ path, whose }) => ({
      ...at([...path, "secret_env"]),
      wrong: "names a variable that is not set",
      remedy: `Set it to the secret that ${whose} with.`,
    })),
    ...unmapped.map(({ path }) => ({
      ...at([...path, "fields"]),
      wrong: "must say where app and state stand",
      remedy: "Add fields: { app: …, state: … }.",
    })),
  ];
}

interface Signed {
  readonly what: string;
  readonly path: Path;
  readonly block: Block;
  /** Whose secret it is. */
  readonly whose: string;
}

function signedIn({ data }: ParsedFile): Signed[] {
  const { webhooks, carriers } = blockOf(data["deploys"]);
  return [
    ...Object.entries(blockOf(webhooks)).map(([name, block]) => ({
      what: `the webhook ${name}`,
      path: ["deploys", "webhooks", name],
      block: blockOf(block),
      whose: "the service signs",
    })),
    ...(Array.isArray(carriers) ? carriers : []).map((block: unknown, index) => ({
      what: `the carrier at deploys.carriers[${index}]`,
      path: ["deploys", "carriers", index],
      block: blockOf(block),
      whose: "the hub signs",
    })),
  ];
}
