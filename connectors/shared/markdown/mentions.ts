/** Keeps words from notifying people: an invisible character makes a name a word. Pure. */

/** U+200B, zero width space: not seen, and no part of any name. */
export const ZERO_WIDTH = "\u200B";

/** "@name" outside of addresses; those in `allowed`, with or without "@", stay as they are. */
export function neutraliseNames(text: string, allowed: readonly string[] = []): string {
  return text.replace(/(?<![\w@.+/-])@(?=(\w+))/g, (_, name: string) =>
    allowed.includes(name) || allowed.includes(`@${name}`) ? "@" : `@${ZERO_WIDTH}`,
  );
}

/** The calls that reach everybody in a place, wherever they stand. */
export function neutraliseCalls(text: string): string {
  return text.replace(/@(?=(?:everyone|here|channel|room)\b)/gi, `@${ZERO_WIDTH}`);
}
