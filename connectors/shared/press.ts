/**
 * What a card has to press, for platforms with buttons, and the id of each. Pure. An id says all there is to know of its button, so that it works
 * after a restart; how a button looks is the platform's.
 */
import type { ApprovalCard, CanvasCard, Card, DeployCard, DeployWish, Form, QuestionCard } from "../../src/contract/message.ts";
import { cutMiddle } from "./cut.ts";

/** `do` is told to the hub as it is; `form` asks for words first; `sent` is the form with the words; `more` shows what has no room on the card. */
export interface Press {
  readonly verb: "do" | "form" | "sent" | "more";
  /** The card's id as the hub knows it. */
  readonly subject: string;
  readonly choice: string;
}

/** At most 100 characters, as subject and choice are short. */
export const pressId = ({ verb, subject, choice }: Press): string => ["mos1", verb, subject, choice].join("|");

/** Undefined when it is none of ours. */
export function parsePressId(id: string): Press | undefined {
  const [, verb, subject, choice] = /^mos1\|(do|form|sent|more)\|([^|]+)\|(.*)$/s.exec(id) ?? [];
  return subject === undefined || choice === undefined ? undefined : { verb: verb as Press["verb"], subject, choice };
}

export interface Pressable {
  readonly label: string;
  readonly tone?: "good" | "bad" | undefined;
  /** One of both. */
  readonly press?: Press;
  readonly url?: string;
  /** It cannot be taken back: to be asked twice. */
  readonly isGrave?: boolean;
}

/** More choices than this go into a form. */
const MOST_CHOICES = 24;
const LONGEST_URL = 2000;
/** A longer action goes behind a button, so that the card stays one look. */
const LONGEST_ACTION = 700;

/** A decided card has nothing to decide any more. */
export function pressables(card: Card): Pressable[] {
  switch (card.type) {
    case "approval":
      return ofApproval(card);
    case "question":
      return ofQuestion(card);
    case "deploy":
      return [...link("Open", card.urls.live), ...link("Preview", card.urls.preview), ...link("Logs", card.urls.logs), ...wishes(card)];
    case "canvas":
      return [...link("Open", card.url), ...ownLink(card)];
    case "progress":
    case "notice":
      return [];
    default:
      return card satisfies never;
  }
}

/** What the hub knows a card by; empty for a card with nothing to press but links. */
export function cardSubject(card: Card): string {
  if (card.type === "deploy") return (card.offers ?? []).length > 0 ? `deploy:${card.id}` : "";
  return card.type === "question" ? `question:${card.id}` : card.type === "approval" ? card.id : "";
}

/** Only asked for: people are then asked as for any gated action. */
export const WISH_LABELS: Readonly<Record<DeployWish, string>> = { rollback: "Roll back…", promote: "Promote…" };

function wishes({ id, offers = [] }: DeployCard): Pressable[] {
  return offers.map((choice) => ({ label: WISH_LABELS[choice], press: { verb: "do", subject: `deploy:${id}`, choice } }));
}

function ofApproval(card: ApprovalCard): Pressable[] {
  const subject = card.id;
  const more: Pressable[] = isLong(card) ? [{ label: "Details", press: { subject, verb: "more", choice: "" } }] : [];
  if (card.state !== "pending") return more;
  const isGrave = card.class === "red" || card.class === "critical_red";
  return [
    { label: "Approve", tone: "good", isGrave, press: { subject, verb: "do", choice: "approve" } },
    { label: "Deny", tone: "bad", press: { subject, verb: "do", choice: "deny" } },
    { label: "Deny, and say why…", press: { subject, verb: "form", choice: "deny" } },
    ...more,
  ];
}

const isLong = ({ action }: ApprovalCard): boolean => action.length > LONGEST_ACTION;

/** The words of a card with a long action in short: head and tail, the whole of it being behind a button. */
export function shortened(text: string, card: Card | undefined): string {
  if (card?.type !== "approval" || !isLong(card)) return text;
  return text.replace(card.action, () => cutMiddle(card.action, LONGEST_ACTION));
}

function ofQuestion({ id, state, form, url }: QuestionCard): Pressable[] {
  if (state !== "pending") return link("Open", url);
  const subject = `question:${id}`;
  const answer = (label: string, choice: string): Pressable => ({ label, press: { subject, verb: "do", choice } });
  const [field, ...others] = form.fields;
  const options = (field?.kind === "choice" && field.options) || [];
  if (!field) return [answer("I have done it", "done"), answer("No", "no"), ...link("Open", url)];
  if (others.length === 0 && field.kind === "boolean") return [answer("Yes", "yes"), answer("No", "no"), ...link("Open", url)];
  // By number, as they are typed too.
  if (others.length === 0 && options.length > 0 && options.length <= MOST_CHOICES)
    return [...options.map(({ label }, at) => answer(label, String(at + 1))), ...link("Open", url)];
  return [{ label: "Answer…", tone: "good", press: { subject, verb: "form", choice: "" } }, ...link("Open", url)];
}

/** What is sent back from it then comes from the person who pressed. */
function ownLink({ id, state, code, url }: CanvasCard): Pressable[] {
  const isKept = state === "open" && code !== undefined && url !== undefined;
  return isKept ? [{ label: "Open as me", press: { verb: "do", subject: `canvas:${id}`, choice: "open" } }] : [];
}

function link(label: string, url: string | undefined): Pressable[] {
  return url !== undefined && /^https?:\/\/\S+$/.test(url) && url.length <= LONGEST_URL ? [{ label, url }] : [];
}

const reason = { name: "reason", label: "Why? The agent is told.", kind: "text", required: false } as const;
export const REASON_FORM: Form = { title: "Deny", fields: [reason] };
