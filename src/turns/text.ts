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
  /** The block so far, which then begins anew; undefined when nothing was written. */
  take(): string | undefined;
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
    take() {
      cancel?.();
      cancel = undefined;
      const block = text.trim();
      text = "";
      paused = false;
      return block === "" ? undefined : block;
    },
  };
}

interface ShowParts {
  readonly connectorOf: (account: string) => Connector | undefined;
  readonly redact: (text: string) => string;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void };
}

/** Shows a growing text where the platform can stream; where it cannot, nothing happens. Never fails. */
export function createShow({ connectorOf, redact, log }: ShowParts): (turn: Row<"turns">, text: string) => void {
  return ({ address, trace }, text) => {
    const stream = connectorOf(address.account)?.can?.stream;
    stream?.({ chatId: address.chat, threadId: address.thread }, trace, redact(text)).catch((thrown: unknown) =>
      log.warn({ trace, err: thrown }, "a streamed text could not be shown"),
    );
  };
}
