/** Colours of the terminal face: sixteen-colour codes, which every terminal maps to its own theme; plain text when switched off. */

export type Paint = Readonly<Record<"bold" | "dim" | "italic" | "red" | "green" | "yellow" | "blue" | "cyan", (text: string) => string>>;

export function createPaint(enabled: boolean): Paint {
  const brush = (on: number, off: number) => (text: string) => (enabled && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    bold: brush(1, 22),
    dim: brush(2, 22),
    italic: brush(3, 23),
    red: brush(31, 39),
    green: brush(32, 39),
    yellow: brush(33, 39),
    blue: brush(34, 39),
    cyan: brush(36, 39),
  };
}
