/**
 * How much each person has sent up that goes with no message yet, so that nobody fills the disk with files nobody sees.
 * Invariant: a file stops counting when it is sent, or forgotten; a file counts from before its first byte is taken.
 */
import type { Keyv } from "keyv";
import { z } from "zod";
import { HubError } from "../../../src/contract/errors.ts";
import { UNSENT_MS } from "../files.ts";

/** Of one person. */
const MOST_FILES = 100;
/** Of one person, in files of the largest size. */
const MOST_LARGEST = 8;

const list = z.array(z.object({ id: z.string(), sizeBytes: z.number(), until: z.number() }));
type List = z.infer<typeof list>;

export interface Unsent {
  /** Runs `keep` when there is room. Rejects with `unsent_files` when there is none. */
  withRoom<T>(owner: string, maxFileBytes: number, keep: () => Promise<T>): Promise<T>;
  add(owner: string, file: { readonly id?: string | undefined; readonly sizeBytes: number }): Promise<void>;
  remove(owner: string, ids: readonly string[]): Promise<void>;
}

export function createUnsent(state: Keyv, now: () => number): Unsent {
  const underWay = new Map<string, number>();
  /** One change after the other. */
  let last: Promise<unknown> = Promise.resolve();

  const keyOf = (owner: string): string => `unsent:${owner}`;
  async function read(owner: string): Promise<List> {
    return list.parse((await state.get(keyOf(owner))) ?? []).filter(({ until }) => until > now());
  }

  function change(owner: string, next: (files: List) => List): Promise<void> {
    const work = last.then(async () => void (await state.set(keyOf(owner), next(await read(owner)), UNSENT_MS)));
    last = work.catch(() => {});
    return work;
  }

  const count = (owner: string, more: number): void => void underWay.set(owner, (underWay.get(owner) ?? 0) + more);

  return {
    async withRoom(owner, maxFileBytes, keep) {
      count(owner, 1);
      try {
        const files = await read(owner);
        const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        if (files.length + (underWay.get(owner) ?? 0) > MOST_FILES || bytes > MOST_LARGEST * maxFileBytes)
          throw new HubError("unsent_files", { count: files.length });
        return await keep();
      } finally {
        count(owner, -1);
        if (underWay.get(owner) === 0) underWay.delete(owner);
      }
    },
    add: (owner, { id = "", sizeBytes }) => change(owner, (files) => [...files, { id, sizeBytes, until: now() + UNSENT_MS }]),
    remove: (owner, ids) => change(owner, (files) => files.filter(({ id }) => !ids.includes(id))),
  };
}
