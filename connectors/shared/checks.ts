/** What `doctor` looks at, one thing after the other: where one call fails the rest would say the same. */
import { ZodError } from "zod";
import type { CheckResult, Place } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";

export const failed = (name: string, detail: string, remedy: string): CheckResult => ({ name, ok: false, detail, remedy });

/** Of an answer in another shape there are no words for people. */
const wordsOf = (thrown: unknown): string =>
  thrown instanceof ZodError ? "what it answers has no shape we know" : (thrown as Error).message;

/** By name, in this order. The first that rejects with an Error is the last, as one that failed; `remedyOf` that look is for it. */
export async function inOrder(
  looks: Readonly<Record<string, () => Promise<CheckResult>>>,
  remedyOf: (look: string) => string,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [name, look] of Object.entries(looks)) {
    try {
      results.push(await look());
    } catch (thrown) {
      return [...results, failed(name, wordsOf(thrown), remedyOf(name))];
    }
  }
  return results;
}

/** Each of these chats on its own; `look` rejects with an Error where it cannot be looked at, and `remedy` is for that. */
export async function eachPlace(
  places: readonly Place[],
  look: (name: string, chatId: string) => Promise<CheckResult>,
  remedy: string,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { chatId } of places) {
    const name = `chat ${chatId}`;
    results.push(await look(name, chatId).catch((thrown: unknown) => failed(name, wordsOf(thrown), remedy)));
  }
  return results;
}

/** Of a block that may be wrong: then that is the result. */
export async function checkBlock<T>(parse: () => T, look: (settings: T) => Promise<CheckResult[]>): Promise<CheckResult[]> {
  try {
    return await look(parse());
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return [failed("configuration", error.message, error.remedy)];
  }
}
