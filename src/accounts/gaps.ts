/**
 * The times in which an account did not hear its people, and what they are told of them. Until when it heard them is on disk, a minute old at
 * most while the hub lives. Invariant: the words about a gap and its end are one commit, so that it is told once, whenever the process dies; so are the cards that
 * are asked again.
 */
import type { Clock } from "../clock.ts";
import { type HandlerSettings, say } from "../contract/handler.ts";
import { type Address, newId } from "../contract/ids.ts";
import { put, type Write } from "../contract/store.ts";
import type { Journal } from "../store/journal.ts";
import { untilStored } from "../store/until-stored.ts";
import { askAgain } from "./ask-again.ts";

export interface GapsParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly settings: Pick<HandlerSettings, "homes" | "aliasOf" | "redact">;
  readonly log: { error(facts: Record<string, unknown>, text: string): void };
}

export interface Gaps {
  /** For how long the account was not heard, ms; undefined when it never was. */
  awayMs(account: string): Promise<number | undefined>;
  /** From now on it is heard. */
  end(account: string, ending: Ending): Promise<void>;
  /** No further minute is written; what was heard so far is. */
  stop(): Promise<void>;
}

export interface Ending {
  /** Told in its home chat, else where it was spoken to last. Undefined: nothing worth saying. */
  readonly words: string | undefined;
  /** Somebody may have pressed a card in vain. */
  readonly pressesLost: boolean;
}

const PREFIX = "account/heard/";
const EVERY_MS = 60_000;

export function createGaps({ journal, clock, settings, log }: GapsParts): Gaps {
  const heard = new Set<string>();
  let cancel = (): void => {};
  let stopped = false;

  async function placeOf(account: string): Promise<Address | undefined> {
    const home = settings.homes.find((address) => address.account === account);
    const [latest] = home ? [] : await journal.store.find("inbox", { where: { account, status: "done" }, newestFirst: true, limit: 1 });
    return home ?? latest?.address;
  }

  const mark = (account: string): Write => put("kv", PREFIX + account, { value: String(clock.now()), expiresAt: null });
  const write = (writes: readonly Write[]): Promise<boolean> => journal.commit({ actorId: "hub", scope: "hub", writes });

  /** One that could not be written is made up for by the next. */
  function beat(): void {
    if (!stopped) cancel = clock.setTimer(EVERY_MS, () => void write([...heard].map(mark)).then(beat, beat));
  }

  return {
    async awayMs(account) {
      const until = await journal.store.get("kv", PREFIX + account);
      return until && Math.max(0, clock.now() - Number(until.value));
    },
    async end(account, { words, pressesLost }) {
      const address = words === undefined ? undefined : await placeOf(account);
      const told = address && words ? [say({ address, trace: newId("trc"), text: words, urgency: "notice" }).write] : [];
      const asked = async () => (pressesLost ? askAgain(account, { store: journal.store, settings }) : { expect: [], writes: [] });
      const ended = async () => {
        const { expect, writes } = await asked();
        return { expect, writes: [...told, ...writes, mark(account)] };
      };
      await untilStored(() => journal.settle({ actorId: "hub", scope: "hub" }, ended), { clock, log });
      if (heard.size === 0) beat();
      heard.add(account);
    },
    async stop() {
      stopped = true;
      cancel();
      await write([...heard].map(mark)).catch((thrown: unknown) =>
        log.error({ err: thrown }, "until when people were heard is not on disk"),
      );
    },
  };
}
