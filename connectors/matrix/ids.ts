/** The names Matrix knows things by, and the marks the connector leaves in its own events. Ids are opaque: none is taken apart. */
import { randomUUID } from "node:crypto";

/** Content key of the last event of a delivery: which one it was, and the event that shows it. */
export const DELIVERY = "mos_hub.delivery";
/** Content key of a card's event: the subject a reaction to it decides. The event itself is the record, so a restart forgets no card. */
export const SUBJECT = "mos_hub.subject";

export const CHOICES = { approve: "✅", deny: "❌" } as const;
export type Choice = keyof typeof CHOICES;

/** Clients send some emoji with U+FE0F, the variation selector, and some without. */
export function choiceOf(key: string): Choice | undefined {
  const plain = key.replaceAll("\uFE0F", "");
  return plain === CHOICES.approve ? "approve" : plain === CHOICES.deny ? "deny" : undefined;
}

/** The transaction id of one event of a delivery. The same again gives the same event on the server, also after a restart. */
export function transactionOf(key: string | undefined, part: string): string {
  return `${key ?? `once-${randomUUID()}`}${part}`;
}

/** A path with everything that is filled in escaped: ids hold slashes, and aliases `#`. */
export function path(fixed: TemplateStringsArray, ...ids: readonly string[]): string {
  return fixed.map((text, at) => (at === 0 ? text : encodeURIComponent(ids[at - 1] ?? "") + text)).join("");
}
