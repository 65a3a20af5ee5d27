/** What a press on a card may show before the hub is told of it: a form, an action's whole text. Kept for longer than any card waits. */
import type { Keyv } from "keyv";
import type { Card, Form } from "../../src/contract/message.ts";
import { type Press, REASON_FORM } from "./press.ts";

export interface CardMemory {
  keep(card: Card): Promise<void>;
  /** What a press with the verb `form` asks for: why it is denied, or what a question asks. Undefined: the question is no longer open. */
  form(press: Pick<Press, "subject" | "choice">): Promise<Form | undefined>;
  /** What a press with the verb `more` shows: the whole action of an approval, or that it is not there any more. */
  action(press: Pick<Press, "subject">): Promise<string>;
}

const CARD_MS = 30 * 86_400_000;

export function createCardMemory(state: Keyv): CardMemory {
  return {
    async keep(card) {
      if (card.type === "question") await state.set(`form:${card.id}`, card.form, CARD_MS);
      if (card.type === "approval") await state.set(`action:${card.id}`, card.action, CARD_MS);
    },
    form: async ({ subject, choice }) => (choice === "deny" ? REASON_FORM : state.get<Form>(`form:${subject.replace(/^question:/, "")}`)),
    action: async ({ subject }) => (await state.get<string>(`action:${subject}`)) ?? "It is no longer kept.",
  };
}
