/** The variables in which the secrets of webhooks are, and what is wrong with a webhook that no schema of one block can see. */
import { type Block, blockOf } from "./blocks.ts";
import type { EnvironmentVariable } from "./environment.ts";
import type { ParsedFile } from "./file.ts";
import { pathText, type Problem } from "./problems.ts";

/** The variables that webhooks name, as secrets: masked everywhere, withheld from agents, and readable from `NAME_FILE`. */
export function webhookVariables(file: ParsedFile): EnvironmentVariable[] {
  return webhooksOf(file).flatMap(([name, { secret_env: variable }]) =>
    typeof variable === "string" ? [{ name: variable, purpose: `the secret of the webhook ${name}`, secret: true }] : [],
  );
}

/** A door whose secret is not there would refuse everything; one without a map would understand nothing. */
export function webhookProblems(file: ParsedFile, values: Readonly<Record<string, string>>): Problem[] {
  return webhooksOf(file).flatMap(([name, { secret_env: variable, shape, fields }]) => {
    const at = (key: string) => ({
      path: pathText(["deploys", "webhooks", name, key]),
      line: file.lineOf(["deploys", "webhooks", name, key]),
    });
    const unset = typeof variable === "string" && !values[variable];
    const { app, state } = blockOf(fields);
    const unmapped = shape === "mapped" && (app === undefined || state === undefined);
    return [
      ...(unset
        ? [{ ...at("secret_env"), wrong: "names a variable that is not set", remedy: "Set it to the secret that the service signs with." }]
        : []),
      ...(unmapped ? [{ ...at("fields"), wrong: "must say where app and state stand", remedy: "Add fields: { app: …, state: … }." }] : []),
    ];
  });
}

function webhooksOf({ data }: ParsedFile): [string, Block][] {
  const webhooks = blockOf(blockOf(data["deploys"])["webhooks"]);
  return Object.entries(webhooks).map(([name, block]) => [name, blockOf(block)]);
}
