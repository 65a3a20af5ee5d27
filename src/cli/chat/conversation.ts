/**
 * What the terminal face knows of the conversations: takes the feed, gives the lines that stay and what is under way.
 * Draws nothing and calls nobody.
 */
import type { Entry, MessageEntry, ShownMessage, ThreadSummary } from "../../../connectors/console/entry.ts";
import type { ApprovalCard, Card, DeployCard, ProgressCard, QuestionCard } from "../../contract/message.ts";
import { attachedWords } from "./attached.ts";
import type { Followed } from "./follow.ts";
import { createPaint } from "./paint.ts";
import { bullet, speech, type UnderWay, type Unseen } from "./region.ts";
import { type Canvas, isDeployOver, renderCard, renderCardChange, renderCardLine } from "./render-card.ts";
import { wordsOfMarkdown } from "./markdown-lines.ts";
import { hang, measureOf, neutralise, wrap } from "./text-cells.ts";

export interface Conversation {
  /** The lines to add to the transcript. */
  take(followed: Followed, canvas: Canvas): string[];
  /** Lines of a thread that was gone to. */
  open(thread: ThreadSummary, messages: readonly ShownMessage[], canvas: Canvas): string[];
  underWay(): Omit<UnderWay, "sending" | "notice">;
  thread(): ThreadSummary;
  knowThreads(threads: readonly ThreadSummary[]): void;
  /** Codes of requests that wait, in any thread. */
  codes(): string[];
}

type Tracked = { readonly threadId: string; readonly trace: string | null; readonly card: ProgressCard | DeployCard };

export function createConversation(start: ThreadSummary): Conversation {
  let here = start;
  /** The newest entry that was drawn as part of the thread's page: the feed tells of it once more when it came meanwhile. */
  let drawnUpTo = 0;
  const titles = new Map<string, string>([[start.id, start.title]]);
  const streams = new Map<string, { readonly trace: string; readonly text: string }>();
  const typing = new Set<string>();
  /** Cards that are still changing, by message id. */
  const tracked = new Map<string, Tracked>();
  const waiting = new Map<string, ApprovalCard | QuestionCard>();
  const unseen = new Map<string, Unseen>();
  /** What the hub said last in this thread. */
  let lastSaid = "";

  function takeEntry(entry: Entry, canvas: Canvas): string[] {
    switch (entry.type) {
      case "thread":
        titles.set(entry.threadId, entry.title);
        if (entry.threadId !== here.id) keepUnseen(entry.threadId, "begun");
        return [];
      case "message":
        typing.delete(entry.threadId);
        if (streams.get(entry.threadId)?.trace === entry.trace && entry.card === undefined && entry.from === "hub")
          streams.delete(entry.threadId);
        return takeMessage(entry, canvas);
      case "edit":
        return takeEdit(entry, canvas);
      case "reaction":
        return [];
      case "turn_end":
        return takeTurnEnd(entry, canvas);
      default:
        return entry satisfies never;
    }
  }

  function takeMessage(entry: MessageEntry, canvas: Canvas): string[] {
    const { card, threadId } = entry;
    if (threadId === here.id && entry.n <= drawnUpTo) return [];
    if (card !== undefined && keepTrack(entry.messageId, card, entry)) return [];
    if (threadId === here.id) {
      if (entry.from === "hub") lastSaid = entry.text;
      return messageLines(entry, canvas);
    }
    if (entry.from === "person") return [];
    keepUnseen(threadId, card === undefined ? wordsOfMarkdown(neutralise(entry.text)) || attached(entry) : renderCardLine(card, ENDLESS));
    return isAsking(card) ? elsewhere(threadId, `${card.asker} asks: ${card.type === "approval" ? card.title : card.text}`, canvas) : [];
  }

  function takeEdit(entry: Extract<Entry, { type: "edit" }>, canvas: Canvas): string[] {
    const { card, messageId, threadId } = entry;
    if (threadId === here.id && entry.n <= drawnUpTo) return [];
    if (card === undefined) return threadId === here.id ? [canvas.paint.dim("(changed)"), ...speech(entry.text, canvas)] : [];
    const wasTracked = tracked.has(messageId);
    if (keepTrack(messageId, card, entry)) return [];
    if (threadId !== here.id) {
      if (isAsking(card)) return elsewhere(threadId, renderCardLine(card, ENDLESS), canvas);
      if (card.type !== "progress") keepUnseen(threadId, renderCardLine(card, ENDLESS), 0);
      return [];
    }
    // A deploy that was drawn in the region until now is drawn whole when it is over, and so are records to be set; anything else was before.
    const isNews = card.type === "deploy" && (wasTracked || card.setups?.some(({ state }) => state === "records"));
    return isNews ? renderCard(card, canvas) : renderCardChange(card, canvas);
  }

  /** True while the card belongs into the region rather than the transcript. */
  function keepTrack(messageId: string, card: Card, { threadId, trace }: Pick<Entry, "threadId" | "trace">): boolean {
    if (card.type === "approval" || card.type === "question") {
      if (card.state === "pending") waiting.set(card.code, card);
      else waiting.delete(card.code);
      return false;
    }
    const isUnderWay = (card.type === "progress" && card.state === "working") || (card.type === "deploy" && !isDeployOver(card.state));
    if (isUnderWay) tracked.set(messageId, { threadId, trace, card });
    else tracked.delete(messageId);
    return isUnderWay;
  }

  function takeTurnEnd(entry: Extract<Entry, { type: "turn_end" }>, { paint, width }: Canvas): string[] {
    typing.delete(entry.threadId);
    if (streams.get(entry.threadId)?.trace === entry.trace) streams.delete(entry.threadId);
    for (const [id, { trace, card }] of tracked) if (trace === entry.trace && card.type === "progress") tracked.delete(id);
    if (entry.threadId !== here.id || entry.outcome === "done") return [];
    // The hub has said it in the thread, too.
    if (entry.reason === undefined ? entry.outcome === "stopped" : entry.reason === lastSaid) return [];
    const words = `${entry.outcome}${entry.reason ? `: ${entry.reason}` : ""}`;
    return hang("✖", wrap(neutralise(words), measureOf(width) - 2)).map(entry.outcome === "stopped" ? paint.dim : paint.red);
  }

  /** What waits for a person is told wherever they are. */
  function elsewhere(threadId: string, text: string, { paint, width }: Canvas): string[] {
    const words = neutralise(`${titleOf(threadId)}: ${text}  (/thread ${threadId})`).replaceAll("\n", " ");
    return hang("↳", wrap(words, measureOf(width) - 2)).map(paint.dim);
  }

  /** Kept in one line for each thread, until somebody looks there. `more`: so many messages are new by it. */
  function keepUnseen(threadId: string, latest: string, more = 1): void {
    const count = Math.max((unseen.get(threadId)?.count ?? 0) + more, 1);
    unseen.delete(threadId);
    unseen.set(threadId, { threadId, title: titleOf(threadId), count, latest });
  }

  const titleOf = (threadId: string): string => titles.get(threadId) ?? threadId;

  function take(followed: Followed, canvas: Canvas): string[] {
    switch (followed.type) {
      case "ready":
        return [];
      case "connection":
        // What was being streamed goes on from the beginning, if at all.
        if (followed.state === "lost") for (const list of [streams, typing]) list.clear();
        return [];
      case "delta":
        streams.set(followed.threadId, { trace: followed.trace, text: followed.text });
        return [];
      case "typing":
        typing.add(followed.threadId);
        return [];
      default:
        return takeEntry(followed, canvas);
    }
  }

  return {
    take,
    thread: () => here,
    codes: () => [...waiting.keys()],
    knowThreads: (threads) => threads.forEach(({ id, title }) => titles.set(id, title)),
    open(thread, messages, canvas) {
      here = thread;
      drawnUpTo = Math.max(thread.lastEntry, messages.at(-1)?.n ?? 0);
      unseen.delete(thread.id);
      titles.set(thread.id, thread.title);
      return messages.flatMap((message) =>
        message.card !== undefined && keepTrack(message.messageId, message.card, message) ? [] : messageLines(message, canvas),
      );
    },
    underWay() {
      const ours = [...tracked.values()].filter(({ threadId }) => threadId === here.id).map(({ card }) => card);
      return {
        streaming: streams.get(here.id)?.text,
        progress: ours.filter((card) => card.type === "progress"),
        deploys: ours.filter((card) => card.type === "deploy"),
        waiting: [...waiting.values()],
        elsewhere: [...unseen.values()],
        isTyping: typing.has(here.id),
      };
    },
  };
}

/** Cut to the terminal by whoever draws it. */
const ENDLESS: Canvas = { width: Infinity, paint: createPaint(false), now: 0 };

function isAsking(card: Card | undefined): card is ApprovalCard | QuestionCard {
  return card?.type === "approval" || card?.type === "question";
}

function attached({ attachments = [] }: MessageEntry): string {
  return attachments.map(attachedWords).join(", ");
}

function messageLines(entry: MessageEntry, canvas: Canvas): string[] {
  const { paint } = canvas;
  const width = measureOf(canvas.width);
  if (entry.card?.type === "progress") return renderCard(entry.card, canvas).slice(0, 1);
  if (entry.card !== undefined) return renderCard(entry.card, canvas);
  const files = (entry.attachments ?? []).flatMap((file) => wrap(attachedWords(file), width)).map(paint.cyan);
  if (entry.from === "hub") {
    const words = entry.to === undefined ? speech(entry.text, canvas) : bullet(entry.text, width).map(paint.dim);
    return ["", ...(entry.text === "" ? [] : words), ...files];
  }
  const who = entry.senderName ?? (entry.sender === "local" ? "" : (entry.sender ?? ""));
  return ["", ...wrap(neutralise(`${who}› ${entry.text}`), width).map((line) => paint.bold(line)), ...files];
}
