/**
 * Messages on their way to the hub, each taken once however often it is told, with the account's marks kept: where the platform itself tells
 * again what was not acknowledged, or the history is read. Invariant: what the hub could not take stays before the mark.
 */
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Gap } from "./gap.ts";
import { type Decoded, isMeant } from "./meant.ts";
import type { Marks } from "./marks.ts";

export interface Heard<D extends Decoded> {
  /** What is read as one history. */
  readonly key: string;
  readonly id: string;
  /** Undefined: none of ours. */
  readonly decode: () => Promise<D | undefined>;
  /** Rejects when the hub could not take it. */
  readonly hand: (decoded: D) => Promise<unknown>;
}

export interface HearingParts {
  readonly marks: Marks;
  readonly context: Pick<ConnectorContext, "isBound">;
  readonly gap: () => Pick<Gap, "retry">;
}

/** Of so many messages it is known that they were taken. */
const MOST_REMEMBERED = 1000;

/** True when it was for us and has not been taken before. Rejects as `hand`; then it is fetched again. */
export function createHearing({ marks, context, gap }: HearingParts) {
  const taken = new Set<string>();

  return async function hear<D extends Decoded>({ key, id, decode, hand }: Heard<D>): Promise<boolean> {
    const name = `${key} ${id}`;
    if (taken.has(name)) return false;
    marks.begin(key, id);
    try {
      const decoded = await decode();
      const isOurs = decoded !== undefined && (await isMeant(decoded, context));
      if (isOurs) await hand(decoded);
      await marks.done(key, id, isOurs);
      if (isOurs) taken.add(name);
      for (const old of [...taken].slice(0, Math.max(0, taken.size - MOST_REMEMBERED))) taken.delete(old);
      return isOurs;
    } catch (thrown) {
      gap().retry(key);
      throw thrown;
    }
  };
}
