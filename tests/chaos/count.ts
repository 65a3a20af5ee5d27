/**
 * The reckoning: what people said, what the agent was given and what the platforms show, each from its own ledger. Pure; the hub is not asked.
 * An answer that a death cut off is no loss when the message was delivered again and answered; one that the hub gave up aloud is none either.
 */
import { DUPLICATE_MARK } from "../../src/delivery/duplicate-mark.ts";

export interface Asked {
  readonly message: number;
  readonly platform: string;
  readonly thread: string;
  /** Messages of one rank reached the hub in no order. */
  readonly rank: number;
}

export type AgentLine =
  | {
      readonly event: "prompt";
      readonly message: number;
      readonly serial: string;
      readonly isMarked: boolean;
      readonly paragraphs: number;
      readonly text: string;
    }
  | { readonly event: "told"; readonly message: number; readonly serial: string; readonly allowed: boolean }
  | { readonly event: "ended"; readonly message: number; readonly serial: string };

export interface Shown {
  readonly platform: string;
  readonly thread: string;
  readonly text: string;
}

export interface Books {
  readonly asked: readonly Asked[];
  readonly agent: readonly AgentLine[];
  /** In the order in which each platform shows it. */
  readonly shown: readonly Shown[];
  /** Platforms with a key or a history, on which nothing may be shown twice. */
  readonly exact: ReadonlySet<string>;
}

export interface Reckoning {
  /** Each a sentence. */
  readonly lost: readonly string[];
  readonly takenTwice: readonly string[];
  readonly shownTwice: readonly string[];
  readonly outOfOrder: readonly string[];
  /** Delivered to the agent again, with its mark. */
  readonly redelivered: number;
  /** Shown again, with their mark. */
  readonly markedCopies: number;
  /** Given up aloud: the person was asked to send it again. */
  readonly givenUp: number;
}

/** What a thread is told of a message that was interrupted twice. */
export const GAVE_UP = "Send it again";
const TOKEN = /tok-(\d+n\d+)-(\d+)\./g;

type Prompt = Extract<AgentLine, { event: "prompt" }>;
interface Copy {
  readonly at: number;
  readonly shown: Shown;
}

export function reckon({ asked, agent, shown, exact }: Books): Reckoning {
  const prompts = agent.filter((line): line is Prompt => line.event === "prompt");
  const promptsOf = Map.groupBy(prompts, ({ message }) => message);
  const copies = copiesOf(shown);
  const isWhole = ({ serial, paragraphs }: Prompt): boolean =>
    Array.from({ length: paragraphs }, (_, index) => copies.has(`${serial}-${index + 1}`)).every(Boolean);
  const unanswered = asked.filter(({ message }) => !promptsOf.get(message)?.some(isWhole));
  const gaveUp = shown.filter(({ text }) => text.includes(GAVE_UP) && !text.startsWith(DUPLICATE_MARK));

  return {
    lost: [...Map.groupBy(unanswered, placeOf)].flatMap(([place, messages]) => {
      const excused = gaveUp.filter((one) => placeOf(one) === place).length;
      return messages.length <= excused
        ? []
        : [`${place}: ${messages.map(({ message }) => `msg-${message}`).join(" ")} not answered, ${excused} given up aloud`];
    }),
    takenTwice: asked.flatMap(({ message }) => {
      const unmarked = promptsOf.get(message)?.filter(({ isMarked }) => !isMarked).length ?? 0;
      return unmarked > 1 ? [`msg-${message} was given to the agent ${unmarked} times without a mark`] : [];
    }),
    shownTwice: [...copies].flatMap(([token, all]) => twiceWithoutMark(token, all, exact)),
    outOfOrder: [...takenOutOfOrder(asked, prompts), ...shownOutOfOrder(prompts, copies)],
    redelivered: prompts.filter(({ isMarked }) => isMarked).length,
    markedCopies: shown.filter(({ text }) => text.startsWith(DUPLICATE_MARK)).length,
    givenUp: gaveUp.length,
  };
}

function copiesOf(shown: readonly Shown[]): Map<string, Copy[]> {
  const copies = new Map<string, Copy[]>();
  for (const [at, one] of shown.entries())
    for (const [, serial, part] of one.text.matchAll(TOKEN)) {
      const token = `${serial}-${part}`;
      copies.set(token, [...(copies.get(token) ?? []), { at, shown: one }]);
    }
  return copies;
}

function twiceWithoutMark(token: string, copies: readonly Copy[], exact: ReadonlySet<string>): string[] {
  const again = copies.slice(1);
  const isWrong = ({ shown }: Copy): boolean => exact.has(shown.platform) || !shown.text.startsWith(DUPLICATE_MARK);
  return again.some(isWrong) ? [`${token} is shown ${copies.length} times on ${copies[0]?.shown.platform}`] : [];
}

function takenOutOfOrder(asked: readonly Asked[], prompts: readonly Prompt[]): string[] {
  const first = new Map<number, number>();
  for (const [at, { message }] of prompts.entries()) if (!first.has(message)) first.set(message, at);
  return [...Map.groupBy(asked, placeOf)].flatMap(([place, all]) => {
    const taken = all.filter(({ message }) => first.has(message)).sort((a, b) => (first.get(a.message) ?? 0) - (first.get(b.message) ?? 0));
    return descents(taken, ({ rank }) => rank).map(({ message }) => `${place}: msg-${message} was taken after a later one`);
  });
}

function shownOutOfOrder(prompts: readonly Prompt[], copies: ReadonlyMap<string, readonly Copy[]>): string[] {
  const wanted = prompts.flatMap(({ serial, paragraphs }) =>
    Array.from({ length: paragraphs }, (_, index) => copies.get(`${serial}-${index + 1}`)?.[0]).filter((copy) => copy !== undefined),
  );
  return [...Map.groupBy(wanted, ({ shown }) => placeOf(shown))].flatMap(([place, all]) =>
    descents(all, ({ at }) => at).map(({ shown }) => `${place}: shown before what came before it: ${shown.text.slice(0, 80)}`),
  );
}

/** Those that are smaller than the one before them. */
function descents<T>(all: readonly T[], valueOf: (one: T) => number): T[] {
  return all.filter((one, index) => index > 0 && valueOf(one) < valueOf(all[index - 1] as T));
}

function placeOf({ platform, thread }: { readonly platform: string; readonly thread: string }): string {
  return `${platform}/${thread}`;
}
