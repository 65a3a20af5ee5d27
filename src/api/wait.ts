/** Waiting for the journal to change, without missing a change that comes while one looks. */
import type { Clock } from "../clock.ts";
import type { TableName } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";

export interface Watch {
  /** True when one of the tables changed since the watch began or was last asked, false when the time was up first. */
  next(ms: number): Promise<boolean>;
  end(): void;
}

export function watch({ journal, clock }: { journal: Journal; clock: Clock }, tables: readonly TableName[]): Watch {
  let changed = false;
  let wake = (): void => {};
  const end = journal.onChange((these) => {
    if (!tables.some((table) => these.has(table))) return;
    changed = true;
    wake();
  });
  return {
    end,
    async next(ms) {
      if (!changed && ms > 0) {
        await new Promise<void>((resolve) => {
          const cancel = clock.setTimer(ms, resolve);
          wake = () => {
            cancel();
            resolve();
          };
        });
      }
      const result = changed;
      changed = false;
      return result;
    },
  };
}

export interface Wait<T> {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly table: TableName;
  readonly ms: number;
  readonly check: () => Promise<T>;
  readonly isEnough: (found: T) => boolean;
}

/** The first answer that is enough, or the latest one when the time is up. */
export async function waitFor<T>({ journal, clock, table, ms, check, isEnough }: Wait<T>): Promise<T> {
  const until = clock.now() + ms;
  const changes = watch({ journal, clock }, [table]);
  try {
    let found = await check();
    while (!isEnough(found) && (await changes.next(until - clock.now()))) found = await check();
    return found;
  } finally {
    changes.end();
  }
}
