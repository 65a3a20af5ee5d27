/**
 * What a card looks like in Block Kit, and the modals it may open. Pure. Slack Developer Docs, Block Kit reference (2026): sections of 3000
 * letters, labels of 75, 25 elements a row, titles of a modal of 24, a confirm dialog of 100, 300 and twice 30.
 */
import type { Card, Form, FormField } from "../../src/contract/message.ts";
import { cut, cutLines, cutMiddle } from "../shared/cut.ts";
import { type Pressable, pressables, pressId } from "../shared/press.ts";

export type Block = Readonly<Record<string, unknown>>;

const MOST = { section: 3000, label: 75, title: 24, fields: 20, value: 150, details: 30_000 } as const;

const plain = (text: string, max: number): Block => ({ type: "plain_text", text: cut(text, max) });

/** `words`: the card's text as mrkdwn. No blocks where there is nothing to press. */
export function blocksOf(card: Card, words: string): Block[] {
  const title = card.type === "approval" ? `Approve: ${card.title}` : "Are you sure?";
  const elements = pressables(card).map((one, at) => button(one, at, title));
  return elements.length === 0 ? [] : [...sectionsOf(words), { type: "actions", elements }];
}

function sectionsOf(words: string): Block[] {
  return cutLines(words, MOST.section).map((text) => ({ type: "section", text: { type: "mrkdwn", text, verbatim: true } }));
}

/** Slack tells of a press on a link, too: it has an id that means nothing. */
function button({ label, tone, press, url, isGrave }: Pressable, at: number, title: string): Block {
  const style = tone && { style: tone === "good" ? "primary" : "danger" };
  const asked = isGrave && { confirm: confirmOf(title) };
  const id = press ? { action_id: pressId(press) } : { action_id: `link|${at}`, url };
  return { type: "button", text: plain(label, MOST.label), ...id, ...style, ...asked };
}

function confirmOf(title: string): Block {
  const text = plain("The agent may then do it at once. It cannot be taken back here.", 300);
  return { title: plain(title, 100), text, confirm: plain("Approve", 30), deny: plain("Not yet", 30), style: "danger" };
}

// modals

/** `callback`: comes back with what was filled in; `origin`: where the card is, opaque. */
export function modalOf({ title, fields }: Form, callback: string, origin: string): Block {
  const frame = { callback_id: callback, private_metadata: origin, submit: plain("Send", MOST.title) };
  return { ...modal(title, fields.slice(0, MOST.fields).map(inputOf)), ...frame };
}

const YES_NO: FormField["options"] = [
  { value: "yes", label: "Yes" },
  { value: "no", label: "No" },
];

function inputOf({ name, label, kind, required, options = [] }: FormField): Block {
  const offered = (kind === "boolean" ? YES_NO : kind === "choice" ? options : []) ?? [];
  const isShort = offered.length > 0 && offered.every(({ value }) => value.length <= MOST.value);
  const choices = offered.map((one) => ({ text: plain(one.label, MOST.label), value: one.value }));
  const element = isShort ? { type: "static_select", options: choices } : { type: "plain_text_input", multiline: kind === "text" };
  const shown = { label: plain(label, 2000), optional: !required };
  return { type: "input", block_id: name, ...shown, element: { ...element, action_id: name } };
}

/** All of an action that has no room on its card. */
export function detailsOf(action: string): Block {
  const parts = cutLines(cutMiddle(action, MOST.details), MOST.section);
  return modal(
    "Details",
    parts.map((text) => ({ type: "section", text: plain(text, MOST.section) })),
  );
}

const modal = (title: string, blocks: readonly Block[]): Block => ({
  type: "modal",
  title: plain(title, MOST.title),
  close: plain("Close", MOST.title),
  blocks,
});
