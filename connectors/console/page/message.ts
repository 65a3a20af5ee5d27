/**
 * One message as it reads now. Pure: the same message, viewer and place give the same HTML, whether it is loaded or comes live.
 */
import { html } from "hono/html";
import type { Card } from "../../../src/contract/message.ts";
import type { ShownFile, ShownMessage } from "../entry.ts";
import { LOCAL_SENDER } from "../ids.ts";
import { approvalCard, questionCard, type Standing } from "./decide-cards.ts";
import { plain } from "../../../src/contract/markdown-html.ts";
import { aloud, renderMarkdown, type Html, NOTHING, sizeOf, timeOf } from "./markup.ts";
import type { Reader, SeenMessage } from "./rights.ts";
import { canvasCard, deployCard, noticeCard, progressCard } from "./report-cards.ts";

export function renderMessage(message: SeenMessage, reader: Reader): Html {
  const { messageId, n, threadId, card, attachments = [], deciders } = message;
  const { home, mayTalk } = reader;
  return html`<li id="${messageId}" class="message ${kindOf(message, reader)}" data-n="${n}" tabindex="-1">
    <h2 class="aloud">${authorOf(message, reader)}</h2>
    ${isFor(message, reader) ? html`<p class="only">For you</p>` : NOTHING}
    ${card === undefined ? textOf(message) : cardHtml(card, { home, threadId, messageId, mayTalk, deciders })}
    ${filesOf(attachments, reader)} ${footer(message, reader)}
  </li>`;
}

function kindOf({ from, sender, to, card }: ShownMessage, reader: Reader): string {
  if (from === "person") return sender === reader.id ? "person mine" : "person";
  if (card !== undefined) return `hub has-${card.type}`;
  return to === undefined ? "hub" : "hub whisper";
}

const isFor = ({ mentions = [] }: ShownMessage, { id }: Reader): boolean => mentions.includes(id);

/** In words, for the heading of the message and for what a screen reader is told of it. */
export function authorOf(message: ShownMessage, reader: Reader): string {
  return isFor(message, reader) ? `${nameOf(message, reader)} for you` : nameOf(message, reader);
}

function nameOf(message: ShownMessage, reader: Reader): string {
  const { from, sender, senderName, card, to } = message;
  if (from === "person")
    return sender === reader.id ? "You" : plain(senderName ?? (sender === LOCAL_SENDER ? "Terminal" : (sender ?? "Somebody")));
  if (card !== undefined && "asker" in card) return plain(card.asker);
  if (card !== undefined) return { deploy: "Deploy", canvas: "Canvas", notice: "Notice" }[card.type];
  return to === undefined ? "Answer" : "Only to you";
}

function textOf({ text, to, attachments = [] }: ShownMessage): Html {
  if (text === "" && attachments.length > 0) return NOTHING;
  const note = to === undefined ? NOTHING : html`<p class="only">Only you see this</p>`;
  return html`<div class="text" dir="auto">${note}${renderMarkdown(text)}</div>`;
}

function cardHtml(card: Card, standing: Standing): Html {
  switch (card.type) {
    case "approval":
      return approvalCard(card, standing);
    case "question":
      return questionCard(card, standing);
    case "deploy":
      return deployCard(card, standing);
    case "canvas":
      return canvasCard(card);
    case "progress":
      return progressCard(card);
    case "notice":
      return noticeCard(card);
    default:
      return card satisfies never;
  }
}

function filesOf(attachments: readonly ShownFile[], { home }: Reader): Html {
  if (attachments.length === 0) return NOTHING;
  return html`<ul class="files" aria-label="Files">
    ${attachments.map(({ id, name, mimeType, sizeBytes }) => {
      const facts = html`<span class="where">${plain(mimeType)} · ${sizeOf(sizeBytes)}</span>`;
      const shown = plain(name);
      return id === undefined
        ? html`<li><span class="name">${shown}</span> ${facts}</li>`
        : html`<li><a class="name" href="${home}/files/${encodeURIComponent(id)}" download="${shown}">${shown}</a> ${facts}</li>`;
    })}
  </ul>`;
}

function footer({ from, sender, senderName, at, editedAt, reactions = [], card }: ShownMessage, reader: Reader): Html {
  const isOther = from === "person" && sender !== reader.id;
  const who = isOther
    ? html`<span class="who">${plain(senderName ?? (sender === LOCAL_SENDER ? "Terminal" : (sender ?? "")))}</span>`
    : NOTHING;
  const edited = editedAt !== undefined && card === undefined ? html`<span>changed</span>` : NOTHING;
  const marks =
    reactions.length === 0 ? NOTHING : html`<span class="reactions">${aloud("Reactions: ")}${plain(reactions.join(" "))}</span>`;
  return html`<footer class="meta">${who}${timeOf(at)}${edited}${marks}</footer>`;
}

/** What is being written just now, and kept nowhere. `trace` makes it one with the message that follows. */
export function renderStreaming(trace: string, text: string): Html {
  return html`<div id="${streamId(trace)}" class="message hub streaming">
    <h2 class="aloud">Being written</h2>
    <div class="text" dir="auto">${renderMarkdown(text)}</div>
  </div>`;
}

export const streamId = (trace: string): string => `stream-${trace}`;
