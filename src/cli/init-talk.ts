/** The questions of `mos-hub init`, and what is written of their answers. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { intro, multiselect, note, outro, select, text } from "@clack/prompts";
import { stringify } from "yaml";
import { answered, askSetup } from "./ask-setup.ts";
import { writeVariable } from "./env-file.ts";
import { KNOWN_AGENTS } from "./known-agents.ts";
import { type Known, knownParts } from "./known-parts.ts";

/** Writes `path` and the `.env` beside it. `typed`: words with commands in them, as they are typed here. */
export async function talkThrough(path: string, typed: (text: string) => string): Promise<void> {
  intro("mos-hub");
  const known = await knownParts();
  const orchestrator = await askOrchestrator(known, dirname(path));
  const { accounts, secrets, missing } = await askConnectors(known);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, stringify({ orchestrator, accounts }), { mode: 0o600 });
  await keepSecrets(secrets, join(dirname(path), ".env"));
  if (missing.length > 0) note(missing.join("\n"), "Set these in the environment");
  const mosHub = path === resolve("hub.yaml") ? "mos-hub" : `mos-hub --config ${path}`;
  outro(typed(`${path} is written.\n   Check it with: ${mosHub} doctor\n   Start with:    ${mosHub} start`));
}

/** `dir`: of the file; folders in it are written whole, so that it means the same wherever the hub is started. */
async function askOrchestrator({ drivers }: Known, dir: string): Promise<Record<string, unknown>> {
  const driver = answered(
    await select({
      message: "Which orchestrator?",
      options: drivers.map(({ driver: value, summary }) => ({ value, label: summary, hint: value })),
      initialValue: "rehearsal",
    }),
  );
  const alias = answered(await text({ message: "What do people call it?", defaultValue: "Mos", placeholder: "Mos" }));
  if (driver !== "acp") return { driver, alias };
  const command = await askCommand();
  const folder = answered(await text({ message: "The folder it works in", defaultValue: "work", placeholder: "work" }));
  const cwd = resolve(dir, folder);
  await mkdir(cwd, { recursive: true });
  return { driver, alias, command, cwd };
}

async function askCommand(): Promise<readonly string[]> {
  const agents = KNOWN_AGENTS.map(({ name, command }) => ({ value: name, label: name, hint: command.join(" ") }));
  const chosen = answered(
    await select({
      message: "Which agent? (it must be installed)",
      options: [...agents, { value: "", label: "another one", hint: "any that speaks ACP" }],
    }),
  );
  const known = KNOWN_AGENTS.find(({ name }) => name === chosen);
  if (known) return known.command;
  const command = answered(
    await text({
      message: "The command that starts it (it speaks ACP on its stdin and stdout)",
      validate: (value) => (value?.trim() ? undefined : "A command is needed."),
    }),
  );
  return command.trim().split(/\s+/);
}

async function askConnectors({ connectors }: Known): Promise<Asked> {
  const options = connectors.map(({ kind, summary }) => ({ value: kind, label: kind, hint: summary }));
  const first = options[0]?.value;
  const chosen = answered(
    await multiselect({
      message: "Where do people talk to it?",
      options,
      initialValues: first === undefined ? [] : [first],
      required: true,
    }),
  );
  const accounts: Record<string, unknown> = {};
  const secrets: Record<string, string> = {};
  const missing: string[] = [];
  for (const definition of connectors.filter(({ kind }) => chosen.includes(kind))) {
    const given = await askSetup(definition);
    accounts[definition.kind] = { kind: definition.kind, ...given.answers };
    Object.assign(secrets, given.secrets);
    const unset = definition.environment.filter(({ name, secret }) => secret && given.secrets[name] === undefined);
    missing.push(...unset.map(({ name, purpose }) => `${name}: ${purpose}`));
  }
  return { accounts, secrets, missing };
}

interface Asked {
  readonly accounts: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Variables that are still to be set, each with its purpose. */
  readonly missing: readonly string[];
}

async function keepSecrets(secrets: Asked["secrets"], file: string): Promise<void> {
  for (const [name, value] of Object.entries(secrets)) await writeVariable(file, name, value);
  const names = Object.keys(secrets).join(", ");
  if (names !== "") note(`${names}: in ${file}, for you alone to read.\nBefore a start: set -a; . ${file}; set +a`, "Secrets");
}
