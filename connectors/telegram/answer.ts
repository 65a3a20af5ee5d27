/**
 * Presses on buttons. Each is answered, as its button glows until then: with the hub's Ack, so nothing is answered before it is written down.
 * Bot API, answerCallbackQuery (2026): text of 200 characters, to be given promptly.
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Ack } from "../../src/contract/message.ts";
import type { Inward } from "../shared/account.ts";
import { cut } from "../shared/cut.ts";
import { type Api, apiErrorOf } from "./api.ts";
import type { CardPresses } from "./cards.ts";
import { nameOf, placeOf, telegramMessage, user } from "./decode.ts";

export const callbackQuery = z.object({
  id: z.string(),
  from: user,
  // Of a message that is too old for Telegram there is less, but always the chat.
  message: telegramMessage.optional(),
  data: z.string().default(""),
});
export type CallbackQuery = z.infer<typeof callbackQuery>;

const ANSWER_MAX = 200;
/** A longer answer stays until it is read. */
const LONGEST_TOAST = 60;

export interface AnswerParts extends Pick<Inward, "deliverEvent"> {
  readonly context: Pick<ConnectorContext, "log" | "now">;
  readonly api: Api;
  readonly cards: CardPresses;
}

type Answer = { readonly text?: string; readonly show_alert?: true };

/** Rejects when the hub could not take it. */
export function createAnswer({ context, api, cards, deliverEvent }: AnswerParts) {
  return async function pressed({ id, from, message, data }: CallbackQuery): Promise<void> {
    const place = message && placeOf(message);
    const press = place && (await cards.find(data, place.chatId));
    if (!press || from.is_bot) return respond(id, alert("This button means nothing any more."));
    const at = { ...place, ts: new Date(context.now()).toISOString(), sender: String(from.id), senderName: nameOf(from) };
    respond(id, answerOf(await deliverEvent({ type: "action", eventId: `press:${id}`, ...at, ...press })));
  };

  /** Too late an answer is refused, and a button that glowed for so long has stopped by itself. Nothing waits for it. */
  function respond(id: string, answer: Answer): void {
    void api.call("answerCallbackQuery", { callback_query_id: id, ...answer }, z.unknown()).catch((thrown: unknown) => {
      context.log.warn({ reason: apiErrorOf(thrown).message }, "the answer to a press did not arrive");
    });
  }
}

function answerOf(ack: Ack | undefined): Answer {
  switch (ack?.type) {
    case undefined:
    case "accepted":
      return {};
    case "refused":
      return alert(ack.privateText);
    case "privateText":
      return ack.text.length > LONGEST_TOAST ? alert(ack.text) : { text: ack.text };
    case "openForm":
      // Telegram has no forms: what would be filled in is typed.
      return alert([ack.form.title, ...ack.form.fields.map(({ label }) => label)].join("\n"));
    default:
      return ack satisfies never;
  }
}

const alert = (text: string): Answer => (text === "" ? {} : { text: cut(text, ANSWER_MAX), show_alert: true });
