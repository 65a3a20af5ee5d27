/** One turn out of the feed: the events `chat --once` prints. Pure but for what it has seen. */
import type { Entry, ShownFile } from "../../../connectors/console/entry.ts";
import type { Card } from "../../contract/message.ts";
import type { Followed } from "./follow.ts";
import type { WaitingEvent } from "./waiting.ts";

/** One a line in `--json`; the last one is `turn_end`, or `late`. */
export type TurnEvent =
  | { readonly type: "accepted"; readonly trace: string; readonly thread: string }
  /** Only what is new since the last one. */
  | { readonly type: "text_delta"; readonly text: string }
  | { readonly type: "text"; readonly text: string; readonly messageId: string }
  | { readonly type: "file"; readonly file: ShownFile; readonly messageId: string }
  /** Told to the sender alone, inside the acknowledgement. */
  | { readonly type: "private_text"; readonly text: string }
  | { readonly type: "edit"; readonly text: string; readonly messageId: string; readonly card?: Card | undefined }
  | { readonly type: "card"; readonly card: Card; readonly text: string; readonly messageId: string }
  | { readonly type: "progress"; readonly card: Card }
  | { readonly type: "reaction"; readonly emoji: string; readonly messageId: string }
  | WaitingEvent
  | { readonly type: "connection"; readonly state: "lost" | "back" }
  /** The command does not wait any longer, and the turn goes on. */
  | { readonly type: "late"; readonly timeoutMs: number }
  | {
      readonly type: "turn_end";
      readonly outcome: "done" | "failed" | "stopped" | "refused";
      readonly reason?: string | undefined;
      readonly trace: string | null;
      readonly thread: string;
    };

/** Gives the events of the turn with this trace, in order, for each event of the feed: what of it goes to other threads too is told there. */
export function createTurnReader({
  trace,
  thread,
}: {
  readonly trace: string;
  readonly thread: string;
}): (followed: Followed) => TurnEvent[] {
  let shown = "";
  return (followed) => {
    switch (followed.type) {
      case "connection":
        return [followed];
      case "delta": {
        if (followed.trace !== trace) return [];
        const fresh = newPart(shown, followed.text);
        if (fresh !== "") shown = followed.text;
        return fresh === "" ? [] : [{ type: "text_delta", text: fresh }];
      }
      case "ready":
      case "typing":
        return [];
      default: {
        if (followed.trace !== trace || (followed.threadId !== thread && followed.type !== "turn_end")) return [];
        const events = entryEvents(followed);
        if (events.some(({ type }) => type === "text")) shown = "";
        return events;
      }
    }
  };
}

/** `next` holds the whole answer so far. After a redelivery it begins afresh. */
function newPart(shown: string, next: string): string {
  if (next.startsWith(shown)) return next.slice(shown.length);
  return shown.startsWith(next) ? "" : next;
}

function entryEvents(entry: Entry): TurnEvent[] {
  switch (entry.type) {
    case "message": {
      const { from, card, text, messageId, attachments = [] } = entry;
      if (from === "person") return [];
      const files = attachments.map((file) => ({ type: "file", file, messageId }) as const);
      if (card === undefined) return [...(text === "" && files.length > 0 ? [] : [{ type: "text", text, messageId } as const]), ...files];
      return [card.type === "progress" ? { type: "progress", card } : { type: "card", card, text, messageId }];
    }
    case "edit": {
      const { card, text, messageId } = entry;
      return [card?.type === "progress" ? { type: "progress", card } : { type: "edit", text, messageId, card }];
    }
    case "reaction":
      return [{ type: "reaction", emoji: entry.emoji, messageId: entry.messageId }];
    case "turn_end":
      return [{ type: "turn_end", outcome: entry.outcome, reason: entry.reason, trace: entry.trace, thread: entry.threadId }];
    case "thread":
      return [];
    default:
      return entry satisfies never;
  }
}
