/**
 * The terminal: lines that stay scroll away above a region at the bottom that is drawn again in place. Knows no meaning of any line.
 * Invariant: after every call the cursor stands in the region, and nothing above the region is touched again.
 */
import { cellsOf } from "./text-cells.ts";

export interface Region {
  /** At least one; each fits the width. */
  readonly lines: readonly string[];
  /** Where the cursor stands: index into `lines`, and cells from the left. */
  readonly row: number;
  readonly column: number;
}

export interface Screen {
  /** Writes `lasting` above the region and the region anew, in one write. */
  draw(lasting: readonly string[], region: Region): void;
  /** Takes the region away and leaves the cursor where it began. */
  clear(): void;
}

export interface Terminal {
  write(text: string): void;
  columns(): number;
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_DOWN = "\u001b[J";

export function createScreen(terminal: Terminal): Screen {
  let drawn: Region = { lines: [""], row: 0, column: 0 };

  function toTop(): string {
    const up = rowsAbove(drawn, terminal.columns());
    return `${up > 0 ? `\u001b[${up}A` : ""}\r${CLEAR_DOWN}`;
  }

  return {
    draw(lasting, region) {
      const up = region.lines.length - 1 - region.row;
      const place = `${up > 0 ? `\u001b[${up}A` : ""}\r${region.column > 0 ? `\u001b[${region.column}C` : ""}`;
      const above = lasting.map((line) => `${line}\r\n`).join("");
      terminal.write(`${HIDE_CURSOR}${toTop()}${above}${region.lines.join("\r\n")}${place}${SHOW_CURSOR}`);
      drawn = region;
    },
    clear() {
      terminal.write(toTop());
      drawn = { lines: [""], row: 0, column: 0 };
    },
  };
}

/** Rows from the region's top to the cursor. A terminal made narrower since has wrapped the lines it shows. */
function rowsAbove({ lines, row, column }: Region, columns: number): number {
  const rowsOf = (cells: number): number => Math.max(Math.ceil(cells / columns), 1);
  const above = lines.slice(0, row).reduce((rows, line) => rows + rowsOf(cellsOf(line)), 0);
  return above + Math.floor(column / columns);
}
