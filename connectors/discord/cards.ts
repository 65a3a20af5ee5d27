/**
 * What a card has to press, as rows of components. Pure. Discord Developer Docs, Components Reference (2026): 5 rows of 5 buttons, labels of 80
 * letters, 25 options of 100, links of 512, forms of 5 fields.
 */
import type { ApprovalCard, CanvasCard, Card, DeployCard, Form, FormField, QuestionCard } from "../../src/contract/message.ts";
import { cut, cutMiddle } from "../shared/cut.ts";
import { type Press, pressId, WISH_LABELS } from "../shared/press.ts";

export type Component = Readonly<Record<string, unknown>>;

const TYPE = { row: 1, button: 2, select: 3, input: 4 } as const;
const STYLE = { primary: 1, secondary: 2, success: 3, danger: 4, link: 5 } as const;
const INPUT = { line: 1, paragraph: 2 } as const;
const MOST = { buttons: 5, options: 25, fields: 5, url: 512 } as const;
/** A longer action goes behind a button, so that the card stays one look. */
const LONGEST_ACTION = 700;

export function componentsOf(card: Card): Component[] {
  return partsOf(card).flatMap((components) => (components.length > 0 ? [{ type: TYPE.row, components }] : []));
}

/** What its buttons mean: the card's id is in each. Empty where there is none to press. */
export function marksOf(components: readonly unknown[]): string {
  return [...JSON.stringify(components).matchAll(/"custom_id":"([^"]+)"/g)].map(([, id]) => id).join();
}

function partsOf(card: Card): Component[][] {
  switch (card.type) {
    case "approval":
      return [approvalParts(card)];
    case "question":
      return questionParts(card);
    case "deploy":
      return [[...link("Open", card.urls.live), ...link("Preview", card.urls.preview), ...link("Logs", card.urls.logs), ...wishes(card)]];
    case "canvas":
      return [[...link("Open", card.url), ...ownLink(card)]];
    case "progress":
    case "notice":
      return [];
    default:
      return card satisfies never;
  }
}

function wishes({ id, offers = [] }: DeployCard): Component[] {
  return offers.map((choice) => button(WISH_LABELS[choice], STYLE.secondary, { subject: `deploy:${id}`, verb: "do", choice }));
}

function approvalParts(card: ApprovalCard): Component[] {
  const subject = card.id;
  const decide = [
    button("Approve", STYLE.success, { subject, verb: "do", choice: "approve" }),
    button("Deny", STYLE.danger, { subject, verb: "do", choice: "deny" }),
    button("Deny, and say why…", STYLE.secondary, { subject, verb: "form", choice: "deny" }),
  ].map((one) => ({ ...one, disabled: card.state !== "pending" }));
  return isLong(card) ? [...decide, button("Details", STYLE.secondary, { subject, verb: "more", choice: "" })] : decide;
}

const isLong = ({ action }: ApprovalCard): boolean => action.length > LONGEST_ACTION;

/** The words of a card with a long action in short: head and tail, the whole of it being behind a button. */
export function shortened(text: string, card: Card | undefined): string {
  if (card?.type !== "approval" || !isLong(card)) return text;
  return text.replace(card.action, () => cutMiddle(card.action, LONGEST_ACTION));
}

function questionParts({ id, state, form, url }: QuestionCard): Component[][] {
  if (state !== "pending") return [link("Open", url)];
  const subject = `question:${id}`;
  const press = (label: string, choice: string): Component => button(label, STYLE.primary, { subject, verb: "do", choice });
  const [field, ...others] = form.fields;
  const options = (field?.kind === "choice" && field.options) || [];
  if (!field) return [[press("I have done it", "done"), press("No", "no"), ...link("Open", url)]];
  if (others.length === 0 && field.kind === "boolean") return [[press("Yes", "yes"), press("No", "no"), ...link("Open", url)]];
  if (others.length === 0 && options.length > 0) return [choices(field, subject, press), link("Open", url)];
  const answer = button("Answer…", STYLE.primary, { subject, verb: "form", choice: "" });
  return [[...(form.fields.length <= MOST.fields ? [answer] : []), ...link("Open", url)]];
}

/** By number, as they are typed too. */
function choices({ label, options = [] }: FormField, subject: string, press: (label: string, choice: string) => Component): Component[] {
  if (options.length <= MOST.buttons) return options.map((option, at) => press(option.label, String(at + 1)));
  const shown = options.slice(0, MOST.options).map((option, at) => ({ label: cut(option.label, 100), value: String(at + 1) }));
  return [{ type: TYPE.select, custom_id: pressId({ verb: "do", subject, choice: "" }), placeholder: cut(label, 150), options: shown }];
}

/** What is sent back from it then comes from the person who pressed. */
function ownLink({ id, state, code, url }: CanvasCard): Component[] {
  const isKept = state === "open" && code !== undefined && url !== undefined;
  return isKept ? [button("Open as me", STYLE.secondary, { verb: "do", subject: `canvas:${id}`, choice: "open" })] : [];
}

function link(label: string, url: string | undefined): Component[] {
  const isGood = url !== undefined && /^https?:\/\/\S+$/.test(url) && url.length <= MOST.url;
  return isGood ? [{ type: TYPE.button, style: STYLE.link, label, url }] : [];
}

function button(label: string, style: number, press: Press): Component {
  return { type: TYPE.button, style, label: cut(label, 80), custom_id: pressId(press) };
}

/** A form as Discord's modal, which comes back under `id`. At most five fields, of text. */
export function modalOf({ title, fields }: Form, id: string): Component {
  const inputOf = ({ name, label, kind, required, options = [] }: FormField): Component => ({
    type: TYPE.input,
    custom_id: name,
    label: cut(label, 45),
    style: kind === "text" ? INPUT.paragraph : INPUT.line,
    required,
    placeholder: cut(kind === "boolean" ? "yes or no" : options.map((option) => option.label).join(" / ") || label, 100),
  });
  const rows = fields.slice(0, MOST.fields).map((field) => ({ type: TYPE.row, components: [inputOf(field)] }));
  return { custom_id: id, title: cut(title, 45), components: rows };
}
