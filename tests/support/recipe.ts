/** The recipe that stands in a connector's README, for a journey that does what is written there, with the words and settings written there. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "./repository.ts";

export interface Recipe {
  /** The numbered steps, as they are written. */
  readonly steps: readonly string[];
  /** Its pieces of `hub.yaml`, in order. */
  readonly settings: readonly Settings[];
  /** The arguments of each `mos-hub …` in it, in order: whoever runs all of them notices one that is added. */
  readonly commands: readonly (readonly string[])[];
  /** The variable that takes the token. */
  readonly variable: string;
}

interface Settings {
  readonly accounts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly operators?: readonly {
    readonly name: string;
    readonly roles: readonly string[];
    readonly accounts: Readonly<Record<string, string>>;
  }[];
}

export async function readRecipe(kind: string): Promise<Recipe> {
  const readme = await readFile(join(ROOT, "connectors", kind, "README.md"), "utf8");
  const [, recipe = ""] = /^## From nothing .*\n([\s\S]*?)^## /m.exec(readme) ?? [];
  const steps = recipe.split(/^\d+\. /m).slice(1);
  const yaml = [...recipe.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
  const commands = [...recipe.matchAll(/`mos-hub ([^`]+)`/g)].map(([, words = ""]) => words.split(" "));
  const [, variable = ""] = /`([A-Z_]+)=…`/.exec(recipe) ?? [];
  return { steps, settings: yaml.map((text) => parse(text) as Settings), commands, variable };
}
