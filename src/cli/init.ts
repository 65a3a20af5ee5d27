/** `mos-hub init`: asks a few questions and writes hub.yaml. Secrets are never asked for nor written: it names their variables. */
import { access, mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { cancel, intro, isCancel, multiselect, note, outro, select, text } from "@clack/prompts";
import { stringify } from "yaml";
import type { ConnectorDefinition, SetupQuestion } from "../contract/connector.ts";
import { HubError } from "../contract/errors.ts";
import type { AddCommand } from "./command.ts";
import { KNOWN_AGENTS } from "./known-agents.ts";
import { type Known, knownParts } from "./known-parts.ts";

export const addInit: AddCommand = (program, act) => {
  program
    .command("init")
    .alias("configure")
    .description("ask a few questions and write hub.yaml")
    .option("--file <file>", "the file to write", "hub.yaml")
    .option("--force", "replace a file that is there")
    .action(
      act(async (context, { file, force }: { file: string; force?: boolean }) => {
        if (process.stdin.isTTY !== true)
          throw new HubError("bad_request", {
            problems: "init asks questions, so it needs a terminal; hub.yaml can also be written by hand (see README.md)",
          });
        const path = resolve(file);
        if (!force && (await exists(path)))
          throw new HubError("bad_request", { problems: `${path} is there already; --force replaces it` });
        intro("mos-hub");
        const known = await knownParts();
        const orchestrator = await askOrchestrator(known, dirname(path));
        const { accounts, variables } = await askConnectors(known);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, stringify({ orchestrator, accounts }), { mode: 0o600 });
        if (variables.length > 0) note(variables.join("\n"), "Set these in the environment");
        const mosHub = path === resolve("hub.yaml") ? "mos-hub" : `mos-hub --config ${path}`;
        outro(context.typed(`${path} is written.\n   Check it with: ${mosHub} doctor\n   Start with:    ${mosHub} start`));
        context.print({ type: "configured", file: path }, () => "");
        return 0;
      }),
    );
};

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

async function askConnectors({ connectors }: Known): Promise<{ accounts: Record<string, unknown>; variables: string[] }> {
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
  const variables: string[] = [];
  for (const definition of connectors.filter(({ kind }) => chosen.includes(kind))) {
    accounts[definition.kind] = { kind: definition.kind, ...(await askSetup(definition)) };
    variables.push(...definition.environment.filter(({ secret }) => secret).map(({ name, purpose }) => `${name}: ${purpose}`));
  }
  return { accounts, variables };
}

async function askSetup({ setup = [] }: ConnectorDefinition): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const question of setup.filter(({ secretEnv }) => secretEnv === undefined)) answers[question.key] = await askOne(question);
  return answers;
}

async function askOne({ question, default: preset, check }: SetupQuestion): Promise<string> {
  for (;;) {
    const typed = answered(
      await text({ message: question, ...(preset === undefined ? {} : { defaultValue: preset, placeholder: preset }) }),
    );
    const problem = await check?.(typed);
    if (problem === undefined) return typed;
    note(problem, "That does not work");
  }
}

/** Leaves the whole of init when a question is cancelled: nothing has been written by then. */
function answered<T>(value: T | symbol): Exclude<T, symbol> {
  if (!isCancel(value)) return value as Exclude<T, symbol>;
  cancel("Nothing was written.");
  throw new HubError("bad_request", { problems: "cancelled" });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
