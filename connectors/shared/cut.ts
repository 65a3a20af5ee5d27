/** Texts that must be short, cut where no letter is cut in two. For labels and notes; what people and agents say is split, never cut. Pure. */

/** Its beginning; never empty. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text || "…" : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** Its beginning and its end. */
export function cutMiddle(text: string, max: number): string {
  if (text.length <= max) return text;
  const half = Math.floor((max - 3) / 2);
  return `${text.slice(0, half).replace(/[\uD800-\uDBFF]$/, "")}\n…\n${text.slice(-half).replace(/^[\uDC00-\uDFFF]/, "")}`;
}

/** All of it in pieces, cut between lines where it can be. */
export function cutLines(text: string, max: number): string[] {
  const pieces: string[] = [];
  for (let rest = text.trim(); rest !== "";) {
    const end = rest.length <= max ? rest.length : rest.lastIndexOf("\n", max);
    const piece = end > 0 ? rest.slice(0, end) : rest.slice(0, max).replace(/[\uD800-\uDBFF]$/, "");
    pieces.push(piece);
    rest = rest.slice(piece.length).replace(/^\n/, "");
  }
  return pieces;
}
