/** The part of the terminal face that changes in place, as lines: what is under way, what waits, and the line being typed. Pure. */
import type { ApprovalCard, DeployCard, ProgressCard, QuestionCard } from "../../contract/message.ts";
import { counted } from "../../contract/counted.ts";
import type { LineState } from "./line-input.ts";
import { renderMarkdown } from "./markdown-lines.ts";
import { type Canvas, renderCard, renderCardLine } from "./render-card.ts";
import type { Region } from "./screen.ts";
import { cellsOf, clip, hang, type Links, measureOf, neutralise, wrap } from "./text-cells.ts";

/** What came in another thread since somebody looked there. */
export interface Unseen {
  readonly threadId: string;
  readonly title: string;
  readonly count: number;
  /** The words of the newest. */
  readonly latest: string;
}

export interface UnderWay {
  /** The answer as far as it is written. */
  readonly streaming?: string | undefined;
  readonly progress: readonly ProgressCard[];
  readonly deploys: readonly DeployCard[];
  readonly waiting: readonly (ApprovalCard | QuestionCard)[];
  readonly isTyping: boolean;
  /** The thread with the newest comes last. */
  readonly elsewhere: readonly Unseen[];
  /** Said, and not yet taken by the hub. */
  readonly sending: readonly string[];
  /** Something about the face itself: "reconnecting …". */
  readonly notice?: string | undefined;
}

export interface Prompt {
  readonly label: string;
  readonly line: LineState;
  /** The line is not shown. */
  readonly isSecret: boolean;
}

/** `rows`: of the terminal. What does not fit is left out from the top; the line being typed is always there. */
export function renderRegion(underWay: UnderWay, prompt: Prompt, canvas: Canvas & { readonly rows: number }): Region {
  // The last column stays free: a terminal that wraps there would move what is drawn.
  const width = Math.max(canvas.width - 1, 10);
  const input = renderPrompt(prompt, width);
  const above = renderUnderWay(underWay, { ...canvas, width });
  const room = Math.max(canvas.rows - 1 - input.lines.length, 0);
  const shown = room === 0 ? [] : above.slice(-room);
  return { lines: [...shown, ...input.lines], row: shown.length + input.row, column: input.column };
}

/** So much of a streamed answer is shown while it grows; the whole follows when it is done. */
const STREAM_ROWS = 12;

function renderUnderWay(underWay: UnderWay, canvas: Canvas): string[] {
  const { paint, width } = canvas;
  const { streaming, progress, deploys, waiting, isTyping, elsewhere, sending, notice } = underWay;
  const stream = streaming === undefined ? [] : speech(streaming.slice(-STREAM_ROWS * width), canvas, { areCut: true });
  return [
    ...(stream.length > STREAM_ROWS ? [paint.dim("  …")] : []),
    ...stream.slice(-STREAM_ROWS),
    ...progress.flatMap((card) => renderCard(card, canvas)),
    ...deploys.map((card) => renderCardLine(card, canvas)),
    ...(isTyping && streaming === undefined && progress.length === 0 ? [paint.dim("  …")] : []),
    ...sending.map((text) => paint.dim(clip(`⧗ ${neutralise(text).replaceAll("\n", " ")}`, width))),
    ...elsewhereLines(elsewhere, canvas),
    ...waiting.map((card) => paint.yellow(clip(waitingWords(card), width))),
    ...(notice === undefined ? [] : [paint.yellow(clip(neutralise(notice), width))]),
  ];
}

function waitingWords(card: ApprovalCard | QuestionCard): string {
  const what = neutralise(card.type === "approval" ? card.title : card.text).replaceAll("\n", " ");
  return card.type === "approval"
    ? `? /approve ${card.code}  or  /deny ${card.code}:  ${what}`
    : `? ${card.code} waits for your answer: ${what}`;
}

/** So many threads are named; the others are counted. */
const NAMED_THREADS = 3;

function elsewhereLines(elsewhere: readonly Unseen[], { width, paint }: Canvas): string[] {
  const left = elsewhere.length - NAMED_THREADS;
  const named = elsewhere.slice(-NAMED_THREADS).map(({ threadId, title, count, latest }) => {
    const way = `  (/thread ${threadId})`;
    const words = neutralise(`↳ ${title}${count > 1 ? ` (${count} new)` : ""}: ${latest}`).replaceAll("\n", " ");
    return clip(clip(words, width - cellsOf(way)) + way, width);
  });
  return [...(left > 0 ? [clip(`↳ news in ${counted(left, "more thread")}  (/threads)`, width)] : []), ...named].map(paint.dim);
}

/** A dot, then everything set in by two. */
export function bullet(text: string, width: number): string[] {
  return hang("●", wrap(neutralise(text).trim(), measureOf(width) - 2));
}

/** Text of the orchestrator as a bullet, its Markdown painted. A list has dots of its own. */
export function speech(text: string, { width, paint }: Canvas, links?: Links): string[] {
  const lines = renderMarkdown(neutralise(text).trim(), { width: measureOf(width) - 2, paint, links });
  return hang(lines[0]?.startsWith("•") ? " " : "●", lines);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function renderPrompt({ label, line, isSecret }: Prompt, width: number): Region {
  const before = line.linesBefore > 0 ? `[+${counted(line.linesBefore, "line")}] ` : "";
  // Beside a line that is not shown there is nothing to leave room for.
  const room = (isSecret ? width : Math.floor(width / 2)) - 3;
  const lines = [`${clip(neutralise(label), room)} › ${clip(before, Math.floor(width / 2))}`];
  let cursor = { row: 0, column: cellsOf(lines[0] ?? "") };
  if (isSecret) return { lines, ...cursor };
  const head = cellsOf(lines[0] ?? "");
  for (const { segment, index } of graphemes.segment(line.text)) {
    const shown = neutralise(segment).replace("\n", "⏎");
    if (cellsOf(lines.at(-1) ?? "") + cellsOf(shown) > width) lines.push("");
    if (index <= line.cursor) cursor = { row: lines.length - 1, column: cellsOf(lines.at(-1) ?? "") };
    lines[lines.length - 1] += shown;
  }
  if (line.cursor >= line.text.length)
    cursor = { row: lines.length - 1, column: lines.length === 1 && line.text === "" ? head : cellsOf(lines.at(-1) ?? "") };
  return { lines, ...cursor };
}
