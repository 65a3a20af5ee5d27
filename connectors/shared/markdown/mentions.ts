/** Who is notified by a text: those who are meant, and nobody by what it says: an invisible character makes a name a word. Pure. */
import type { Mention } from "../../../src/contract/message.ts";
import type { Run } from "./lay-out.ts";

/** U+200B, zero width space: not seen, and no part of any name. */
export const ZERO_WIDTH = "\u200B";

/** "@name" outside of addresses. */
export function neutraliseNames(text: string): string {
  return text.replace(/(?<![\w@.+/-])@(?=\w)/g, `@${ZERO_WIDTH}`);
}

/** The calls that reach everybody in a place, wherever they stand. */
export function neutraliseCalls(text: string): string {
  return text.replace(/@(?=(?:everyone|here|channel|room)\b)/gi, `@${ZERO_WIDTH}`);
}

/** Each in the place of the first `@name` of theirs, else on a line of their own at the end. */
export function placeMentions(runs: readonly Run[], mentions: readonly Mention[]): readonly Run[] {
  if (mentions.length === 0) return runs;
  const left = [...mentions];
  const placed = runs.flatMap((run) => placeIn(run, left));
  return [...placed, ...left.flatMap((one, at) => [at > 0 ? " " : placed.length > 0 ? "\n" : "", mentionOf(one)])];
}

/** Those it has placed are taken out of `left`. */
function placeIn(run: Run, left: Mention[]): Run[] {
  if (typeof run !== "string")
    return ["code", "pre", "link"].includes(run.mark.type) ? [run] : [{ ...run, runs: run.runs.flatMap((each) => placeIn(each, left)) }];
  // The longest name first, which may begin as another one does.
  const names = left
    .map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`))
    .sort((one, other) => other.length - one.length);
  const found = left.length === 0 ? null : new RegExp(String.raw`(?<![\p{L}\p{N}_@])@(${names.join("|")})(?![\p{L}\p{N}_])`, "u").exec(run);
  const at = left.findIndex(({ name }) => name === found?.[1]);
  const [one] = at < 0 ? [] : left.splice(at, 1);
  if (!found || !one) return [run];
  return [run.slice(0, found.index), mentionOf(one), ...placeIn(run.slice(found.index + found[0].length), left)].filter(
    (each) => each !== "",
  );
}

const mentionOf = ({ id, name }: Mention): Run => ({ mark: { type: "mention", id }, runs: [name] });
