/** Asks what one connector needs for its account. Nothing typed as a secret is shown, and none of it gets among the answers. */
import { cancel, isCancel, note, password, spinner, text } from "@clack/prompts";
import { foregroundClock } from "../clock.ts";
import type { ConnectorDefinition, SetupQuestion, SetupSoFar } from "../contract/connector.ts";
import { HubError } from "../contract/errors.ts";

export interface SetUp {
  /** For the account's block. */
  readonly answers: Readonly<Record<string, string>>;
  /** By the name of their variable; those that were given. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** `before`: answers that are known already. */
export async function askSetup(
  { setup = [] }: Pick<ConnectorDefinition, "setup">,
  before: Readonly<Record<string, string>> = {},
): Promise<SetUp> {
  const answers: Record<string, string> = { ...before };
  const secrets: Record<string, string> = {};
  const so: SetupSoFar = { answers, secrets: { get: (name) => secrets[name] } };
  for (const question of setup) {
    const { secretEnv, key } = question;
    const answer = secretEnv === undefined ? ((await find(question, so)) ?? (await askOne(question, so))) : await askKept(question, so);
    if (answer !== "") (secretEnv === undefined ? answers : secrets)[secretEnv ?? key] = answer;
  }
  return { answers, secrets };
}

async function find({ find: look }: SetupQuestion, so: SetupSoFar): Promise<string | undefined> {
  if (!look) return undefined;
  const waiting = spinner();
  waiting.start("One moment");
  try {
    const found = await look(so, { ...foregroundClock, tell: (words) => waiting.message(words) });
    waiting.stop(found === undefined ? "Not found" : `Found: ${found}`);
    return found;
  } catch (thrown) {
    waiting.stop((thrown as Error).message);
    return undefined;
  }
}

async function askOne({ question, default: preset, check }: SetupQuestion, so: SetupSoFar): Promise<string> {
  for (;;) {
    const shown = preset === undefined ? {} : { defaultValue: preset, placeholder: preset };
    const typed = (answered(await text({ message: question, ...shown })) ?? "").trim();
    const problem = await check?.(typed, so);
    if (problem === undefined) return typed;
    note(problem, "That does not work");
  }
}

/** Empty when the person sets the variable themselves. */
async function askKept({ question, secretEnv, check, exchange }: SetupQuestion, so: SetupSoFar): Promise<string> {
  for (;;) {
    const typed = answered(await password({ message: `${question} (not shown; leave empty to set ${secretEnv} yourself)` })) ?? "";
    if (typed === "") return "";
    try {
      const kept = (await exchange?.(typed, so)) ?? typed.trim();
      const problem = /[\s"'`$\\]/.test(kept) ? "It has a blank or a quote in it." : await check?.(kept, so);
      if (problem === undefined) return kept;
      note(problem, "That does not work");
    } catch (thrown) {
      note((thrown as Error).message, "That does not work");
    }
  }
}

/** Leaves the whole of init when a question is cancelled: nothing has been written by then. */
export function answered<T>(value: T | symbol): Exclude<T, symbol> {
  if (!isCancel(value)) return value as Exclude<T, symbol>;
  cancel("Nothing was written.");
  throw new HubError("bad_request", { problems: "cancelled" });
}
