/** What a press on a card may need beyond the card's id: a question's form, an action's whole text. Kept for longer than any card waits. */
import type { Keyv } from "keyv";
import type { Card, Form } from "../../src/contract/message.ts";

export interface CardMemory {
  keep(card: Card): Promise<void>;
  /** Of a question. */
  form(id: string): Promise<Form | undefined>;
  /** The action of an approval. */
  action(id: string): Promise<string | undefined>;
}

const CARD_MS = 30 * 86_400_000;

export function createCardMemory(state: Keyv): CardMemory {
  return {
    async keep(card) {
      if (card.type === "question") await state.set(`form:${card.id}`, card.form, CARD_MS);
      if (card.type === "approval") await state.set(`action:${card.id}`, card.action, CARD_MS);
    },
    form: (id) => state.get<Form>(`form:${id}`),
    action: (id) => state.get<string>(`action:${id}`),
  };
}
