/**
 * `chat --once`: posts one message and prints its turn to the end. Goes on over restarts of the hub until its deadline.
 * Invariant: the feed is open before the message is posted, so nothing of the turn is missed.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { HubClient } from "../hub-client.ts";
import { HubAnswerError } from "../../client.ts";
import { attachedWords } from "./attached.ts";
import { createConsoleCalls } from "./console-calls.ts";
import { type Followed, followFeed, insist } from "./follow.ts";
import { renderMarkdown } from "./markdown-lines.ts";
import { createPaint, type Paint } from "./paint.ts";
import { renderCard, renderCardChange } from "./render-card.ts";
import { measureOf, neutralise } from "./text-cells.ts";
import { createTurnReader, type TurnEvent } from "./turn-events.ts";
import { waitingFor, waitingWords, type WaitingEvent } from "./waiting.ts";

export interface OnceOptions {
  readonly client: HubClient;
  readonly base: string;
  readonly text: string;
  readonly thread?: string | undefined;
  readonly json: boolean;
  readonly timeoutMs: number;
  readonly columns: number;
  /** Somebody looks at it: Markdown is drawn. In a pipe it stays as it is. */
  readonly isDrawn: boolean;
  readonly clock: Clock;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Our commands in a text, as they are typed here. */
  readonly typed: (text: string) => string;
}

export const EXIT_CODES = { done: 0, stopped: 0, failed: 1, refused: 77, late: 75 } as const;

/** The exit code, also said in the help of `chat`. Rejects with a HubError when there is no hub to talk to at the start, or it refuses for good. */
export async function chatOnce(options: OnceOptions): Promise<number> {
  const ended = new AbortController();
  const cancelDeadline = options.clock.setTimer(options.timeoutMs, () => ended.abort());
  try {
    const code = await runTurn(options, ended.signal);
    if (code !== undefined) return code;
    printerOf(options)({ type: "late", timeoutMs: options.timeoutMs });
    return EXIT_CODES.late;
  } finally {
    cancelDeadline();
    ended.abort();
  }
}

/** Undefined when the signal came first. */
async function runTurn(options: OnceOptions, signal: AbortSignal): Promise<number | undefined> {
  const { client, base, clock } = options;
  const show = printerOf(options);
  const feed = followFeed({ client, base, clock, signal });
  if ((await feed.next()).done) return undefined;
  const posted = await post(options, signal, show);
  if (posted === undefined) return signal.aborted ? undefined : EXIT_CODES.refused;
  const read = createTurnReader(posted);
  const waits = createWaits(options, posted, signal);
  for await (const followed of feed) {
    for (const event of read(followed)) {
      show(event);
      if (event.type === "turn_end") return EXIT_CODES[event.outcome];
    }
    for (const event of await waits(followed)) show(event);
  }
  return undefined;
}

async function post(
  { client, base, text, thread, clock }: OnceOptions,
  signal: AbortSignal,
  show: (event: TurnEvent) => void,
): Promise<{ readonly trace: string; readonly thread: string } | undefined> {
  const calls = createConsoleCalls(client, base);
  const clientId = randomUUID();
  try {
    const answer = await insist(() => calls.post({ text, thread, clientId }, signal), { clock, signal });
    show({ type: "accepted", trace: answer.trace, thread: answer.thread });
    if (answer.privateText !== undefined) show({ type: "private_text", text: answer.privateText });
    return answer;
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof HubAnswerError) || error.status !== 403) throw error;
    show({ type: "turn_end", outcome: "refused", reason: error.message, trace: null, thread: thread ?? "main" });
    return undefined;
  }
}

/**
 * What has come to be waited for: looked for whenever something new is said in the turn or its thread, since what it waits for may have been asked
 * in the turn before. Said once for each request; whether it can be found out changes nothing else.
 */
function createWaits(
  { client, base, typed }: OnceOptions,
  { trace, thread }: { readonly trace: string; readonly thread: string },
  signal: AbortSignal,
): (followed: Followed) => Promise<WaitingEvent[]> {
  const calls = createConsoleCalls(client, base);
  const said = new Set<string>();
  return async (followed) => {
    if (followed.type !== "message" || (followed.trace !== trace && followed.threadId !== thread)) return [];
    try {
      const fresh = (await calls.waitsFor(trace, signal)).filter((code) => !said.has(code));
      const requests = await Promise.all(fresh.map((code) => calls.request(code, signal)));
      for (const { code } of requests) said.add(code);
      return requests.map((request) => waitingFor(request, typed));
    } catch {
      return [];
    }
  };
}

const printerOf = (options: OnceOptions): ((event: TurnEvent) => void) =>
  options.json ? printJson(options) : printPlain(options, createPaint(false));

const printJson =
  ({ print }: OnceOptions) =>
  (event: TurnEvent): void =>
    print(`${JSON.stringify(event)}\n`);

/** Whole texts and cards, for a person who reads or a pipe; what is under way and what comes and goes is left out. */
function printPlain({ print, complain, columns, isDrawn, clock }: OnceOptions, paint: Paint): (event: TurnEvent) => void {
  // What is typed to decide is said apart, for whoever sees no card.
  const canvas = () => ({ width: columns, paint, now: clock.now(), howToDecide: ({ code }: { readonly code: string }) => code });
  const words = (text: string): string =>
    isDrawn ? renderMarkdown(neutralise(text), { width: measureOf(columns), paint }).join("\n") : neutralise(text);
  return (event) => {
    switch (event.type) {
      case "text":
      case "private_text":
        return print(`${words(event.text)}\n`);
      case "file":
        return print(`${attachedWords(event.file)}\n`);
      case "card":
        return print(`${renderCard(event.card, canvas()).join("\n")}\n`);
      case "edit":
        return print(`${event.card ? renderCardChange(event.card, canvas()).join("\n") : words(event.text)}\n`);
      case "connection":
        return complain(event.state === "lost" ? "The connection to the hub was lost; reconnecting …" : "Connected again.");
      case "waiting":
        return complain(waitingWords(event));
      case "late":
        return complain(`The turn did not end within ${event.timeoutMs / 1000} s; it goes on without this command.`);
      case "turn_end":
        return event.outcome === "done" ? undefined : complain(`${event.outcome}${event.reason ? `: ${neutralise(event.reason)}` : ""}`);
      case "accepted":
      case "text_delta":
      case "progress":
      case "reaction":
        return undefined;
      default:
        return event satisfies never;
    }
  };
}
