/**
 * The last look at a message before it leaves: every word in it and on its card. Typed fields of the card (code, digest, revision, the
 * fragment of a link) are exempt by being typed, on the card and in the words that repeat it; registered secrets go from them too.
 */
import type { Card, OutboundMessage, ProgressStep } from "../contract/message.ts";
import { canvasFragments, fragmentOf, redactField, redactLink, redactSetup, redactTyped } from "./agent-words.ts";
import type { Redact } from "./secrets.ts";

/** The text of a message, beside its card. */
export function redactText({ text, card }: Pick<OutboundMessage, "text" | "card">, redact: Redact): string {
  return redact(text, card ? typedTexts(card) : canvasFragments(text));
}

export function redactCard<C extends Card>(card: C, redact: Redact): C;
export function redactCard(card: Card, redact: Redact): Card {
  const words = (text: string | undefined): string | undefined => text && redact(text);
  switch (card.type) {
    case "approval":
      return {
        ...card,
        title: redact(card.title),
        action: redact(card.action),
        reason: words(card.reason),
        decisionReason: words(card.decisionReason),
        decidedBy: words(card.decidedBy),
      };
    case "question":
      return {
        ...card,
        text: redact(card.text),
        form: { title: redact(card.form.title), fields: card.form.fields.map((field) => redactField(field, redact)) },
        url: card.url && redactLink(card.url, redact),
        answer: words(card.answer),
      };
    case "deploy":
      return redactDeploy(card, redact);
    case "canvas":
      return { ...card, title: redact(card.title), url: card.url && redactLink(card.url, redact), note: words(card.note) };
    case "progress":
      return { ...card, plan: card.plan.map(step), tools: card.tools.map(step), team: card.team.map(step) };
    case "notice":
      return { ...card, text: redact(card.text) };
    default:
      return card satisfies never;
  }

  function step<S extends ProgressStep & { readonly summary?: string | undefined }>(one: S): S {
    return { ...one, title: redact(one.title), ...(one.summary === undefined ? {} : { summary: redact(one.summary) }) };
  }
}

function redactDeploy(card: Extract<Card, { type: "deploy" }>, redact: Redact): Card {
  const { revision, urls, setups } = card;
  const words = (text: string | undefined): string | undefined => text && redact(text);
  const link = (url: string | undefined): string | undefined => url && redactLink(url, redact);
  return {
    ...card,
    app: redactTyped(card.app, redact),
    environment: redactTyped(card.environment, redact),
    revision: revision && {
      sha: revision.sha && redactTyped(revision.sha, redact),
      ref: words(revision.ref),
      subject: words(revision.subject),
      author: words(revision.author),
    },
    urls: { live: link(urls.live), preview: link(urls.preview), logs: link(urls.logs) },
    setups: setups?.map((setup) => redactSetup(setup, redact)),
    failureTail: words(card.failureTail),
    notes: card.notes?.map((note) => redact(note, typedTexts(card))),
    trouble: words(card.trouble),
  };
}

/** Texts of a card that may look like secrets and are none. */
function typedTexts(card: Card): string[] {
  switch (card.type) {
    case "approval":
      return [card.id, card.code, card.digest];
    case "question":
      return [card.id, card.code, fragmentOf(card.url ?? "")];
    case "deploy": {
      const { revision, urls, setups = [] } = card;
      const links = [...Object.values(urls), ...setups.map(({ url }) => url)];
      const sha = revision?.sha === undefined ? [] : [revision.sha, revision.sha.slice(0, 10)];
      return [card.id, ...sha, ...links.map((url) => fragmentOf(url ?? "")), ...setups.flatMap(({ records = [] }) => records)];
    }
    case "canvas":
      return [card.id, card.code ?? "", fragmentOf(card.url ?? "")].filter(Boolean);
    case "progress":
    case "notice":
      return [];
    default:
      return card satisfies never;
  }
}
