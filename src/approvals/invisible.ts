/**
 * Makes visible what the eye cannot see or what reorders text, so that a person reads what will be executed.
 * Bidi controls, zero-width and default-ignorable letters, control characters, unusual spaces and halves of surrogate pairs become
 * marks such as `⟨U+202E⟩`. Line feeds and tabs stay: the renderer sets lines off. Emoji joined by such letters show their marks too.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const HARMLESS = new Set([" ", "\n", "\t"]);

export function neutralise(text: string): string {
  return text.replace(HIDDEN, (letter) => (HARMLESS.has(letter) ? letter : mark(letter)));
}

function mark(letter: string): string {
  return `⟨U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
