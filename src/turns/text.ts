/** The text of the running turn as it is written: deltas are gathered into blocks. Not durable; a block becomes an outbox row when complete. */
import type { Clock } from "../clock.ts";

export interface TurnText {
  append(delta: string): void;
  /** The agent did something else in between: the next words begin a new paragraph. */
  pause(): void;
  /** The block so far, which then begins anew; undefined when nothing was written. What `heldFrom` says begins the next block. */
  take(heldFrom?: (text: string) => number): string | undefined;
}

/** At most this often a growing text is shown: ten times a second looks fluent and costs little. */
const SHOW_EVERY_MS = 100;

export function createTurnText(clock: Clock, show: (text: string) => void): TurnText {
  let text = "";
  let paused = false;
  let shownAt = 0;
  let cancel: (() => void) | undefined;

  function showSoon(): void {
    if (cancel) return;
    cancel = clock.setTimer(Math.max(0, shownAt + SHOW_EVERY_MS - clock.now()), () => {
      cancel = undefined;
      shownAt = clock.now();
      show(text);
    });
  }

  return {
    append(delta) {
      if (paused && text !== "" && !text.endsWith("\n\n")) text += "\n\n";
      paused = false;
      text += delta;
      showSoon();
    },
    pause() {
      paused = true;
    },
    take(heldFrom = (whole) => whole.length) {
      cancel?.();
      cancel = undefined;
      const end = heldFrom(text);
      const block = text.slice(0, end).trim();
      text = text.slice(end);
      paused = false;
      return block === "" ? undefined : block;
    },
  };
}

/**
 * Where a text that has outgrown one message may go on in the next: behind the last blank line, outside of fenced code, up to which it `fits`.
 * 0: nowhere.
 */
export function borderWithin(text: string, fits: (head: string) => boolean): number {
  const borders = [...text.matchAll(/\n\n+/g)].map(({ 0: blank, index }) => index + blank.length);
  return borders.findLast((border) => isOutsideFence(text.slice(0, border)) && fits(text.slice(0, border).trimEnd())) ?? 0;
}

function isOutsideFence(head: string): boolean {
  return (head.match(/^ {0,3}(?:`{3,}|~{3,})/gm)?.length ?? 0) % 2 === 0;
}
