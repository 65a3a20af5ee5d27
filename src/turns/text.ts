/**
 * The text of the running turn as it is written. It gathers deltas into blocks, and shows the block in progress where the platform can stream.
 * What is shown here is not durable; the block becomes an outbox row when it is complete.
 */
import type { Clock } from "../clock.ts";
import type { Connector } from "../contract/connector.ts";
import type { Row } from "../contract/tables.ts";

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

interface ShowParts {
  readonly connectorOf: (account: string) => Connector | undefined;
  /** Of a text that is still being written what can be shown. */
  readonly shown: (text: string) => string;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void };
}

/** Shows a growing text where the platform can stream; where it cannot, nothing happens. Never fails. */
export function createShow({ connectorOf, shown, log }: ShowParts): (turn: Row<"turns">, text: string) => void {
  return ({ address, trace }, text) => {
    const stream = connectorOf(address.account)?.can?.stream;
    const words = stream ? shown(text) : "";
    if (!stream || words === "") return;
    stream({ chatId: address.chat, threadId: address.thread }, trace, words).catch((thrown: unknown) =>
      log.warn({ trace, err: thrown }, "a streamed text could not be shown"),
    );
  };
}
