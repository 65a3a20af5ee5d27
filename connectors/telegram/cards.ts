/**
 * What a card has to press, as rows of inline buttons. Pure but for the memory of what each button means. Telegram Bot API 10.3,
 * InlineKeyboardButton (2026). A decided card has nothing to press.
 */
import type { Keyv } from "keyv";
import type { Card, FormField, QuestionCard } from "../../src/contract/message.ts";
import { cut } from "../shared/cut.ts";
import { cardSubject, WISH_LABELS } from "../shared/press.ts";
import { callbackData, cardToken, parseCallbackData } from "./ids.ts";

export type Button = {
  readonly text: string;
  readonly callback_data?: string;
  readonly url?: string;
  readonly style?: "success" | "danger";
};
type Rows = readonly (readonly Button[])[];

const MOST = { label: 64, choices: 25, url: 2048 } as const;

/** `token` stands for this card in this chat. */
export function buttonsOf(card: Card, token: string): Rows {
  return rowsOf(card, (text, choice, style) => ({
    text: cut(text, MOST.label),
    callback_data: callbackData(token, choice),
    ...(style ? { style } : {}),
  })).filter((row) => row.length > 0);
}

type Press = (text: string, choice: string, style?: Button["style"]) => Button;

function rowsOf(card: Card, press: Press): Rows {
  switch (card.type) {
    case "approval":
      return card.state === "pending" ? [[press("Approve", "approve", "success"), press("Deny", "deny", "danger")]] : [];
    case "question":
      return questionRows(card, press);
    case "deploy":
      return [
        [...link("Open", card.urls.live), ...link("Preview", card.urls.preview), ...link("Logs", card.urls.logs)],
        (card.offers ?? []).map((choice) => press(WISH_LABELS[choice], choice)),
      ];
    case "canvas":
      return [link(card.kind === "form" ? "Fill in" : "Open", card.url)];
    case "progress":
    case "notice":
      return [];
    default:
      return card satisfies never;
  }
}

function questionRows({ state, form, url }: QuestionCard, press: Press): Rows {
  if (state !== "pending") return [link("Open", url)];
  const [field, ...others] = form.fields;
  if (!field) return [[press("I have done it", "done"), press("No", "no")], link("Open", url)];
  // What has several fields is typed, as the card's words say.
  return [...(others.length === 0 ? fieldRows(field, press) : []), link("Open", url)];
}

/** By number, as they are typed too. */
function fieldRows({ kind, options = [] }: FormField, press: Press): Rows {
  if (kind === "boolean") return [[press("Yes", "yes"), press("No", "no")]];
  return options.slice(0, MOST.choices).map(({ label }, at) => [press(label, String(at + 1))]);
}

/** One bad link would make Telegram refuse the whole message. */
function link(text: string, url: string | undefined): Button[] {
  const host =
    url !== undefined && /^https?:\/\/\S+$/.test(url) && url.length <= MOST.url && URL.canParse(url) ? new URL(url).hostname : "";
  return url !== undefined && /[^.]\.[^.]/.test(host) ? [{ text, url }] : [];
}

export interface CardPresses {
  /** The buttons of a card that is about to be shown in this chat; what they mean is on disk when it resolves. */
  draw(card: Card, chat: string): Promise<Rows>;
  /** What a press in this chat means. Undefined: nothing that was ever shown there. */
  find(data: string, chat: string): Promise<{ readonly subject: string; readonly choice: string } | undefined>;
}

/** Longer than any card waits. */
const CARD_MS = 30 * 86_400_000;

export function createCardPresses(state: Keyv): CardPresses {
  return {
    async draw(card, chat) {
      const subject = cardSubject(card);
      const token = cardToken(chat, subject);
      if (subject !== "") await state.set(`card:${token}`, { subject, chat }, CARD_MS);
      return buttonsOf(card, token);
    },
    async find(data, chat) {
      const pressed = parseCallbackData(data);
      const shown = pressed && (await state.get<{ subject: string; chat: string }>(`card:${pressed.token}`));
      return shown?.chat === chat ? { subject: shown.subject, choice: pressed?.choice ?? "" } : undefined;
    },
  };
}
