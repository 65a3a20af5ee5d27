/**
 * What a person asks the terminal face to do, done with calls to the hub.
 * Invariant: one message at a time is on its way, in the order typed, and each is kept until the hub has taken or refused it.
 */
import { randomUUID } from "node:crypto";
import type { ThreadSummary } from "../../../connectors/console/entry.ts";
import { HubError } from "../../contract/errors.ts";
import type { ConsoleCalls } from "./console-calls.ts";
import type { Conversation } from "./conversation.ts";
import { isPassing } from "./follow.ts";
import { speech } from "./region.ts";
import type { Canvas } from "./render-card.ts";
import { settledWords, stateInWords } from "./settled.ts";
import { clip, measureOf, neutralise } from "./text-cells.ts";
import { wordsOfMarkdown } from "./markdown-lines.ts";
import { HELP, type TypedLine } from "./typed-line.ts";

export type DecideLine = Extract<TypedLine, { do: "decide" }>;

export interface ActionParts {
  readonly calls: ConsoleCalls;
  readonly conversation: Conversation;
  /** Texts the hub has not taken yet; the first one is being posted. */
  readonly sending: string[];
  readonly draw: (lasting?: readonly string[]) => void;
  readonly say: (text: string) => void;
  readonly complain: (error: unknown) => void;
  readonly canvas: () => Canvas;
  /** Tries again while the hub is away. */
  readonly insist: <T>(work: () => Promise<T>) => Promise<T>;
  readonly leave: () => void;
  /** Asks for the PIN that a decision needs, until it is given or `withdraw` is called. */
  readonly askPin: (decision: DecideLine) => { readonly withdraw: () => void };
}

export interface Actions {
  perform(typed: TypedLine): void;
  /** An empty PIN decides nothing. */
  decide(decision: DecideLine, pin: string): void;
  show(thread: ThreadSummary): Promise<void>;
}

/** So many messages of a thread are shown when it is gone to. */
const PAGE = 20;

export function createActions(parts: ActionParts): Actions {
  const { calls, draw, say, complain, leave, askPin } = parts;
  const post = createOutbox(parts);
  const { show, goTo, list } = createThreadActions(parts);

  /** What was decided is told by the card, where this face shows it; what it allows from now on is not. */
  async function decide({ code, verdict, reason, always }: DecideLine, pin: string): Promise<void> {
    if (pin === "") return say("Nothing was decided.");
    const isShown = parts.conversation.codes().includes(code);
    const decided = await calls.decide(code, { verdict, reason, always, pin });
    if (!isShown || always) say(wordsOfMarkdown(decided.said) || `${code} is ${stateInWords(decided.state)}.`);
  }

  /** No PIN is asked for what is not there or no longer waits. It is asked before that is known: whoever types ahead types it unseen. */
  async function askFor(decision: DecideLine): Promise<void> {
    const { withdraw } = askPin(decision);
    try {
      const found = await calls.request(decision.code);
      if (found.state === "pending") return;
      withdraw();
      say(settledWords(found));
    } catch (error) {
      withdraw();
      complain(error);
    }
  }

  function perform(typed: TypedLine): void {
    switch (typed.do) {
      case "say":
        return post(typed.text);
      case "help":
        return say(HELP.join("\n"));
      case "threads":
        return void list().catch(complain);
      case "switch":
        return void goTo(typed.name).catch(complain);
      case "new":
        return void calls
          .createThread(typed.title || "New thread", randomUUID())
          .then(show)
          .catch(complain);
      case "explain":
        return say(typed.problem);
      case "decide":
        return void askFor(typed);
      case "quit":
        return leave();
      case "nothing":
        return draw();
      default:
        return typed satisfies never;
    }
  }

  return { perform, show, decide: (decision, pin) => void decide(decision, pin).catch(complain) };
}

function createOutbox({ calls, conversation, sending, draw, complain, canvas, insist }: ActionParts): (text: string) => void {
  let last: Promise<void> = Promise.resolve();

  async function post(text: string, thread: string, clientId: string): Promise<void> {
    try {
      const { privateText } = await insist(() => calls.post({ text, thread, clientId }));
      sending.shift();
      draw(privateText === undefined ? [] : speech(privateText, canvas()).map(canvas().paint.dim));
    } catch (error) {
      // Left while it waited: it stays in the list, so that the person is told what was not sent.
      if (!isPassing(error)) sending.shift();
      complain(error);
    }
  }

  return (text) => {
    const thread = conversation.thread().id;
    const clientId = randomUUID();
    sending.push(text);
    draw();
    last = last.then(() => post(text, thread, clientId));
  };
}

function createThreadActions({ calls, conversation, draw, say, canvas }: ActionParts) {
  async function show(thread: ThreadSummary): Promise<void> {
    const { messages, thread: now } = await calls.page(thread.id, PAGE);
    const { paint, width } = canvas();
    const title = clip(`── ${neutralise(thread.title).replaceAll("\n", " ")} `, width - 1);
    draw([paint.dim(title.padEnd(measureOf(width) - 1, "─")), ...conversation.open(now, messages, canvas())]);
  }

  async function known(): Promise<readonly ThreadSummary[]> {
    const threads = await calls.threads();
    conversation.knowThreads(threads);
    return threads;
  }

  /** By id, by title, by the beginning of a title. */
  async function goTo(name: string): Promise<void> {
    const threads = await known();
    const lower = name.toLowerCase();
    const thread =
      threads.find(({ id }) => id === name) ??
      threads.find(({ title }) => title.toLowerCase() === lower) ??
      threads.find(({ title }) => title.toLowerCase().startsWith(lower));
    if (thread === undefined) throw new HubError("not_found", { what: "thread", id: name });
    await show(thread);
  }

  async function list(): Promise<void> {
    const mark = (id: string): string => (id === conversation.thread().id ? "›" : " ");
    say((await known()).map(({ id, title }) => `${mark(id)} ${id.padEnd(12)} ${title}`).join("\n"));
  }

  return { show, goTo, list };
}
