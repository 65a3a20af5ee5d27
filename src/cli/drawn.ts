/**
 * Cards as the commands print them: as the chat draws them, without colours, with what is typed in a shell to decide. Importing what draws
 * is left to the command that prints: it reads Markdown, whose parser a hub that starts needs not load.
 */
import { foregroundClock } from "../clock.ts";
import type { ApprovalCard, Card, QuestionCard } from "../contract/message.ts";
import { howInShell } from "./chat/waiting.ts";

const FALLBACK_COLUMNS = 80;

export interface Drawing {
  /** The card whole. */
  whole(card: Card): string;
  /** The card as an entry of a list. */
  short(card: Card): string;
}

/** `typed`: our commands in a text, as they are typed here. */
export async function loadDrawing(typed: (text: string) => string): Promise<Drawing> {
  const { renderCard, renderCardChange } = await import("./chat/render-card.ts");
  const { createPaint } = await import("./chat/paint.ts");
  const width = process.stdout.columns ?? FALLBACK_COLUMNS;
  const howToDecide = (card: Decidable): string => typed(howInShell(card).join("\n"));
  const canvas = { width, paint: createPaint(false), now: foregroundClock.now(), howToDecide };
  return {
    whole: (card) => renderCard(card, canvas).join("\n"),
    short: (card) => renderCardChange(card, canvas).join("\n"),
  };
}

type Decidable = ApprovalCard | QuestionCard;
