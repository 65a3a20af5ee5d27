/**
 * Whether a prompt took what was typed into it, read off its screen. Pure; the best-known failure of terminals is decided here.
 * Invariant: "taken" needs a sign that the prompt let go of the text. A screen that merely changed (a clock, a spinner, a hint) proves nothing.
 */
export interface Screen {
  /** From the top, without trailing spaces. */
  readonly rows: readonly string[];
  /** The row of the cursor, from 0. */
  readonly cursorRow: number;
}

/** What the prompt showed of the text before Enter. */
export type Typed =
  /** It stands before the cursor: `tail` is its end. The cursor's row was `before` when the prompt was empty. */
  | { readonly at: "cursor"; readonly tail: string; readonly before: string }
  /** The cursor is elsewhere; the text ends in this row, counted from the last one in use, which was `before` when the prompt was empty. */
  | { readonly at: "row"; readonly fromBottom: number; readonly before: string; readonly tail: string }
  | { readonly at: "nowhere" };

/** Long enough to be told from other text, short enough for a narrow prompt that scrolls. */
const TAIL_LETTERS = 40;

/** Letters and digits only: prompts draw boxes, break lines and add marks of their own. */
function squeeze(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, "");
}

export function tailOf(text: string): string {
  return [...squeeze(text)].slice(-TAIL_LETTERS).join("");
}

export function readTyped(text: string, before: Screen, after: Screen): Typed {
  const tail = tailOf(text);
  if (tail === "") return { at: "nowhere" };
  const atCursor = before.rows[before.cursorRow] ?? "";
  if (endsAt(after, after.cursorRow, tail)) return { at: "cursor", tail, before: atCursor };
  const row = lastRowEnding(after, tail);
  if (row !== undefined && !endsAt(before, row, tail)) {
    const fromBottom = after.rows.length - 1 - row;
    return { at: "row", fromBottom, before: before.rows[before.rows.length - 1 - fromBottom] ?? "", tail };
  }
  // A prompt may show a paste as a word of its own, such as "[Pasted text #1 +12 lines]".
  const shown = tailOf(after.rows[after.cursorRow] ?? "");
  return shown !== "" && shown !== tailOf(atCursor) ? { at: "cursor", tail: shown, before: atCursor } : { at: "nowhere" };
}

/** `kept`: the text certainly still waits at the prompt, so that Enter may be pressed again. */
export function readTaken(typed: Typed, now: Screen): "taken" | "kept" | "unclear" {
  switch (typed.at) {
    case "nowhere":
      return "unclear";
    case "cursor": {
      const row = now.rows[now.cursorRow] ?? "";
      if (!endsAt(now, now.cursorRow, typed.tail)) return "taken";
      // The text is above, and the prompt as empty as it was.
      if (row === typed.before && row.trim() !== "") return "taken";
      // An Enter that became a line feed has moved the cursor on; a second one would do so again.
      return squeeze(row) === "" ? "unclear" : "kept";
    }
    case "row": {
      const row = now.rows[now.rows.length - 1 - typed.fromBottom] ?? "";
      if (row === typed.before && row.trim() !== "") return "taken";
      return lastRowEnding(now, typed.tail) === now.rows.length - 1 - typed.fromBottom ? "kept" : "unclear";
    }
    default:
      return typed satisfies never;
  }
}

function endsAt({ rows }: Screen, row: number, tail: string): boolean {
  return squeeze(rows.slice(0, row + 1).join("")).endsWith(tail);
}

function lastRowEnding(screen: Screen, tail: string): number | undefined {
  for (let row = screen.rows.length - 1; row >= 0; row -= 1) {
    if (squeeze(screen.rows[row] ?? "") !== "" && endsAt(screen, row, tail)) return row;
  }
  return undefined;
}
