/**
 * The walk all encoders share, second half: the tree as one run of text with marks in it, for platforms whose message is that.
 * Bullets, numbers, indentation, boxes and tables are characters here; what a mark looks like is the encoder's. Pure.
 */
import { tableAsList } from "../../../src/contract/markdown.ts";
import { alignColumns } from "./columns.ts";
import { blocksOf, type SimpleBlock, type SimpleSpan, spansOf } from "./simplify.ts";

export type Mark =
  | { readonly type: "bold" | "italic" | "strike" | "code" | "quote" }
  /** What begins a list item: a bullet or number of ours, not text that looks like one. */
  | { readonly type: "marker" }
  | { readonly type: "link"; readonly url: string }
  | { readonly type: "pre"; readonly language: string | undefined }
  /** Of a person, by the platform's id; around their name. */
  | { readonly type: "mention"; readonly id: string }
  /** Only where the platform has them, see `Layout.headings`. */
  | { readonly type: "heading"; readonly depth: number };

/** Text, or a mark around more. In `code` and `pre` there is only text. */
export type Run = string | { readonly mark: Mark; readonly runs: readonly Run[] };

export interface Layout {
  readonly bullet: string;
  /** One step inwards, of a list in a list. */
  readonly indent: string;
  /** Depths of heading the platform has; deeper ones are bold. */
  readonly headings: number;
  /** Columns of a table in a fixed-width font; a wider one becomes a list. */
  readonly tableWidth: number;
}

export function layOut(blocks: readonly SimpleBlock[], layout: Layout): Run[] {
  return joined(
    blocks.map((block) => runsOf(block, layout)),
    "\n\n",
  );
}

function runsOf(block: SimpleBlock, layout: Layout): Run[] {
  switch (block.type) {
    case "paragraph":
      return spanRuns(spansOf(block));
    case "heading": {
      const mark: Mark = block.depth <= layout.headings ? { type: "heading", depth: block.depth } : { type: "bold" };
      return marked(mark, mark.type === "bold" ? unmarked(spanRuns(spansOf(block)), "bold") : spanRuns(spansOf(block)));
    }
    case "code":
      return marked({ type: "pre", language: block.lang || undefined }, [block.value]);
    case "blockquote":
      return marked({ type: "quote" }, unmarked(layOut(blocksOf(block), layout), "quote"));
    case "thematicBreak":
      return [RULE];
    case "table": {
      const columns = alignColumns(block, layout.tableWidth);
      return columns === undefined ? runsOf(tableAsList(block), layout) : marked({ type: "pre", language: undefined }, [columns]);
    }
    case "list":
      return joined(
        block.children.map((item, at) => {
          const marker = block.ordered ? `${(block.start ?? 1) + at}. ` : `${layout.bullet} `;
          const inside = joined(
            blocksOf(item).map((each) => runsOf(each, layout)),
            block.spread ? "\n\n" : "\n",
          );
          return [{ mark: { type: "marker" }, runs: [marker] }, ...indented(inside, layout.indent)];
        }),
        block.spread ? "\n\n" : "\n",
      );
    default:
      return block satisfies never;
  }
}

const RULE = "──────────";

const MARKS = { strong: "bold", emphasis: "italic", delete: "strike" } as const;

function spanRuns(spans: readonly SimpleSpan[]): Run[] {
  return spans.flatMap((span): Run[] => {
    switch (span.type) {
      case "text":
        return span.value === "" ? [] : [span.value];
      case "break":
        return ["\n"];
      case "inlineCode":
        return marked({ type: "code" }, [span.value]);
      case "link":
        return marked({ type: "link", url: span.url }, spanRuns(spansOf(span)));
      case "strong":
      case "emphasis":
      case "delete":
        return marked({ type: MARKS[span.type] }, unmarked(spanRuns(spansOf(span)), MARKS[span.type]));
      default:
        return span satisfies never;
    }
  });
}

function marked(mark: Mark, runs: readonly Run[]): Run[] {
  return runs.length === 0 ? [] : [{ mark, runs }];
}

/** Without marks of one kind: a quote in a quote, bold in bold. */
function unmarked(runs: readonly Run[], type: Mark["type"]): Run[] {
  return runs.flatMap((run): Run[] => {
    if (typeof run === "string") return [run];
    const inside = unmarked(run.runs, type);
    return run.mark.type === type ? inside : [{ ...run, runs: inside }];
  });
}

/** Every line but the first; code keeps its own. */
function indented(runs: readonly Run[], indent: string): Run[] {
  return runs.map((run) => {
    if (typeof run === "string") return run.replaceAll(/\n(?!\n|$)/g, `\n${indent}`).replace(/\n$/, `\n${indent}`);
    return run.mark.type === "pre" ? run : { ...run, runs: indented(run.runs, indent) };
  });
}

function joined(pieces: readonly (readonly Run[])[], separator: string): Run[] {
  return pieces.filter((runs) => runs.length > 0).flatMap((runs, at) => (at === 0 ? runs : [separator, ...runs]));
}

/** What is read, marks apart. */
export function plainOf(runs: readonly Run[]): string {
  return runs.map((run) => (typeof run === "string" ? run : plainOf(run.runs))).join("");
}
