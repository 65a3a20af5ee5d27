/** Colours of the terminal face: sixteen-colour codes, which every terminal maps to its own theme; plain text when switched off. */

export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "blue" | "cyan", (text: string) => string>>;

export function createPaint(enabled: boolean): Paint {
  const brush = (on: number, off: number) => (text: string) => (enabled && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    bold: brush(1, 22),
    dim: brush(2, 22),
    red: brush(31, 39),
    green: brush(32, 39),
    yellow: brush(33, 39),
    blue: brush(34, 39),
    cyan: brush(36, 39),
  };
}

/** Headings, strong words and code in colour instead of marks, line by line; without colours the marks stay. Lines are never made longer. */
export function paintMarkdown(lines: readonly string[], paint: Paint): string[] {
  if (paint.bold("x") === "x") return [...lines];
  let isCode = false;
  return lines.map((line) => {
    if (/^\s*(```|~~~)/.test(line)) {
      isCode = !isCode;
      return paint.dim(line);
    }
    if (isCode) return paint.cyan(line);
    const heading = /^#{1,6} (.*)$/.exec(line);
    if (heading?.[1] !== undefined) return paint.bold(heading[1]);
    return line.replace(/\*\*([^*]+)\*\*|`([^`]+)`/g, (_whole, strong: string | undefined, code: string | undefined) =>
      strong === undefined ? paint.cyan(code ?? "") : paint.bold(strong),
    );
  });
}
