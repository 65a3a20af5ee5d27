/**
 * The interactive terminal face: the feed and the keyboard, brought together on the screen. What a typed line does is in actions.ts.
 */
import type { ThreadSummary } from "../../../connectors/console/entry.ts";
import { LOCAL_SENDER } from "../../../connectors/console/ids.ts";
import type { Clock } from "../../clock.ts";
import { asHubError } from "../../contract/errors.ts";
import type { HubClient } from "../hub-client.ts";
import { type Actions, createActions, type DecideLine } from "./actions.ts";
import { createConsoleCalls } from "./console-calls.ts";
import { type Conversation, createConversation } from "./conversation.ts";
import { type Followed, followFeed, insist } from "./follow.ts";
import { createLineInput, type LineInput } from "./line-input.ts";
import { createPaint } from "./paint.ts";
import { bullet, renderRegion } from "./region.ts";
import type { Canvas } from "./render-card.ts";
import { createScreen } from "./screen.ts";
import { neutralise, wrap, wrapColumns } from "./text-cells.ts";
import { completions, parseTypedLine } from "./typed-line.ts";

export interface InteractiveOptions {
  readonly client: HubClient;
  readonly base: string;
  readonly thread?: string | undefined;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly colour: boolean;
  readonly clock: Clock;
  /** Our commands in a text, as they are typed here. */
  readonly typed: (text: string) => string;
  /** Ends the chat from outside and gives the terminal back. */
  readonly signal?: AbortSignal | undefined;
}

const FALLBACK_COLUMNS = 80;
const FALLBACK_ROWS = 24;

/** Resolves with the exit code when the person leaves. Rejects with a HubError when there is no hub to begin with. */
export async function chatInteractively(options: InteractiveOptions): Promise<number> {
  const ended = new AbortController();
  options.signal?.addEventListener("abort", () => ended.abort(), { once: true });
  const { client, base, clock } = options;
  const calls = createConsoleCalls(client, base);
  const feed = followFeed({ client, base, clock, signal: ended.signal });
  await feed.next();
  const threads = await calls.threads();
  const start = threads.find(({ id }) => id === (options.thread ?? "main"));
  const conversation = createConversation(start ?? unborn(options.thread ?? "main"));
  conversation.knowThreads(threads);

  const face = createFace(options, conversation);
  const act = createActions({
    ...face,
    calls,
    conversation,
    insist: (work) => insist(work, { clock, signal: ended.signal }),
    leave: () => ended.abort(),
  });
  face.open(act, () => ended.abort());
  try {
    if (start !== undefined) await act.show(start).catch(face.complain);
    for await (const followed of feed) face.take(followed);
  } finally {
    ended.abort();
    face.close();
    for (const text of face.sending) options.stdout.write(`Not confirmed by the hub: ${neutralise(text)}\n`);
  }
  return 0;
}

/** A thread that comes to be with its first message. */
const unborn = (id: string): ThreadSummary => ({ id, title: id, lastAt: 0, lastEntry: 0, lastMessage: 0 });

interface Face {
  /** Takes the terminal. */
  open(act: Actions, leave: () => void): void;
  take(followed: Followed): void;
  draw(lasting?: readonly string[]): void;
  say(text: string): void;
  complain(error: unknown): void;
  askPin(decision: DecideLine): { readonly withdraw: () => void };
  canvas(): Canvas;
  /** Texts the hub has not taken yet. */
  readonly sending: string[];
  /** Gives the terminal back. */
  close(): void;
}

interface FaceState {
  isAway: boolean;
  /** Ctrl-C was the last key. */
  isLeaving: boolean;
  /** The decision whose PIN is being typed. */
  decision: DecideLine | undefined;
  input: LineInput | undefined;
}

function createFace({ stdin, stdout, colour, clock, typed }: InteractiveOptions, conversation: Conversation): Face {
  const state: FaceState = { isAway: false, isLeaving: false, decision: undefined, input: undefined };
  const paint = createPaint(colour);
  const sending: string[] = [];
  const canvas = (): Canvas => ({ width: stdout.columns ?? FALLBACK_COLUMNS, paint, now: clock.now() });
  const screen = createScreen({ write: (text) => void stdout.write(text), columns: () => canvas().width });

  function draw(lasting: readonly string[] = []): void {
    if (state.input === undefined) return;
    const label = state.decision === undefined ? conversation.thread().title : `PIN for ${state.decision.code} (not shown)`;
    const prompt = { label, line: state.input.state(), isSecret: state.decision !== undefined };
    const underWay = { ...conversation.underWay(), sending, notice: noticeOf(state) };
    screen.draw(lasting, renderRegion(underWay, prompt, { ...canvas(), rows: stdout.rows ?? FALLBACK_ROWS }));
  }
  const onResize = (): void => draw();

  return {
    sending,
    canvas,
    draw,
    say: (text) => draw(wrapColumns(neutralise(text), canvas().width - 1).map(paint.dim)),
    complain(error) {
      const { message, remedy } = asHubError(error);
      draw(bullet(typed(`${message} ${remedy}`), canvas().width).map(paint.red));
    },
    askPin(decision) {
      setDecision(state, decision);
      draw();
      const withdraw = (): void => {
        if (state.decision !== decision) return;
        state.input?.clear();
        setDecision(state, undefined);
      };
      return { withdraw };
    },
    take(followed) {
      if (followed.type === "connection") state.isAway = followed.state === "lost";
      if (isForUs(followed)) stdout.write(BELL);
      draw(conversation.take(followed, canvas()));
    },
    open(act, leave) {
      state.input = createLineInput(stdin, stdout, keyHandlers({ state, act, draw, leave, codes: conversation.codes }));
      stdout.on("resize", onResize);
      draw(wrap("mos-hub chat. /help shows what you can type here; Ctrl-D leaves.", canvas().width - 1).map(paint.dim));
    },
    close() {
      stdout.off("resize", onResize);
      state.input?.close();
      state.input = undefined;
      screen.clear();
    },
  };
}

/** Said to whoever holds the local token above others: they may be looking elsewhere. */
function isForUs(followed: Followed): boolean {
  return followed.type === "message" && (followed.mentions ?? []).includes(LOCAL_SENDER);
}

const BELL = "\u0007";

function noticeOf({ isAway, isLeaving }: FaceState): string | undefined {
  if (isLeaving) return "Press Ctrl-C again to leave.";
  return isAway ? "The hub does not answer; reconnecting …" : undefined;
}

function setDecision(state: FaceState, decision: DecideLine | undefined): void {
  state.decision = decision;
  state.input?.setSecret(decision !== undefined);
}

interface KeyParts {
  readonly state: FaceState;
  readonly act: Actions;
  readonly draw: () => void;
  readonly leave: () => void;
  readonly codes: () => string[];
}

function keyHandlers({ state, act, draw, leave, codes }: KeyParts): Parameters<typeof createLineInput>[2] {
  return {
    onLine(line) {
      const { decision } = state;
      if (decision === undefined) return act.perform(parseTypedLine(line));
      setDecision(state, undefined);
      act.decide(decision, line.trim());
    },
    onInterrupt() {
      if (state.isLeaving) return leave();
      state.isLeaving = true;
      setDecision(state, undefined);
      state.input?.clear();
      draw();
    },
    onChange() {
      state.isLeaving = false;
      draw();
    },
    onEnd: leave,
    complete: (line) => completions(line, codes()),
  };
}
