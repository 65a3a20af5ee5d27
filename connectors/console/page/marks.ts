/**
 * What the console keeps for one person alone: how far they have read each thread, and words to show them once, on the next page they open.
 * Invariant: a mark only moves forward, and threads that are gone are forgotten with the next mark.
 */
import type { Keyv } from "keyv";
import { z } from "zod";

const reading = z.record(z.string(), z.number());
/** How far a person has read: the number of the last message seen, by thread. */
export type Reading = z.infer<typeof reading>;

/** `draft`: what they had written and the hub did not take, to be given back. */
const words = z.object({ text: z.string(), refused: z.boolean(), draft: z.string().optional() });
export type Words = z.infer<typeof words>;

/** A redirect follows at once; who comes later has missed nothing that is not in the thread. */
const WORDS_MS = 60_000;

export interface Marks {
  reading(person: string): Promise<Reading>;
  /** True when this is further than before. `threads`: the ids of all there are. */
  read(person: string, mark: { readonly threadId: string; readonly upTo: number; readonly threads: readonly string[] }): Promise<boolean>;
  leaveWords(person: string, threadId: string, said: Words): Promise<void>;
  /** Gives the words once. */
  takeWords(person: string, threadId: string): Promise<Words | undefined>;
}

export function createMarks(state: Keyv): Marks {
  let last: Promise<unknown> = Promise.resolve();
  const readingOf = async (person: string): Promise<Reading> => reading.parse((await state.get(`read:${person}`)) ?? {});
  const wordsKey = (person: string, threadId: string): string => `words:${person}:${threadId}`;

  /** One after the other: two windows that mark at once would else undo one another. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  }

  return {
    reading: readingOf,
    read: (person, { threadId, upTo, threads }) =>
      inTurn(async () => {
        const before = await readingOf(person);
        if (upTo <= (before[threadId] ?? 0)) return false;
        const known = new Set(threads);
        const kept = Object.entries({ ...before, [threadId]: upTo }).filter(([id]) => known.has(id));
        await state.set(`read:${person}`, Object.fromEntries(kept));
        return true;
      }),
    leaveWords: async (person, threadId, said) => void (await state.set(wordsKey(person, threadId), said, WORDS_MS)),
    takeWords: (person, threadId) =>
      inTurn(async () => {
        const found: unknown = await state.get(wordsKey(person, threadId));
        if (found === undefined) return undefined;
        await state.delete(wordsKey(person, threadId));
        return words.parse(found);
      }),
  };
}
