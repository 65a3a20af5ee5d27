/** Long polls: asks again after every change until there is an answer or the time is up. */
import type { Clock } from "../clock.ts";
import type { TableName } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";

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
  let found = await check();
  const until = clock.now() + ms;
  while (!isEnough(found) && clock.now() < until) {
    await nextChange({ journal, clock, table }, until - clock.now());
    found = await check();
  }
  return found;
}

function nextChange({ journal, clock, table }: Pick<Wait<unknown>, "journal" | "clock" | "table">, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      unsubscribe();
      resolve();
    };
    const unsubscribe = journal.onChange((tables) => {
      if (tables.has(table)) done();
    });
    const cancel = clock.setTimer(ms, done);
  });
}
