/**
 * A journal on a real SQLite file whose process can die: from that moment on none of its calls ever returns, as none returns in a process
 * that is gone. The next one opens the same file.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../src/clock.ts";
import { HubError } from "../../src/contract/errors.ts";
import { insert, type Store, type UnitOfWork, type Write } from "../../src/contract/store.ts";
import type { PersonFields, Role, Row } from "../../src/contract/tables.ts";
import { createJournal, type Journal } from "../../src/store/journal.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { takeFence, temporaryFolder } from "./stores.ts";

export interface MortalJournal {
  readonly journal: Journal;
  /** The writes of every unit that was committed. */
  readonly committed: (readonly Write[])[];
  /** Dies now. */
  die(): void;
  /** Dies at the first unit that fits: `before` it is written or `after`. */
  dieAt(when: "before" | "after", fits: (write: Write) => boolean): void;
  /** The disk is full, or no longer. */
  full: boolean;
  /** Called before each unit is written, e.g. to commit something else in between. */
  onCommit: (unit: UnitOfWork) => Promise<void>;
}

export interface JournalFile {
  /** Opens the file, as the next life of the hub does. */
  open(clock: Clock): Promise<MortalJournal>;
  /** All that lies on the disk, as letters. */
  bytes(): string;
  dispose(): Promise<void>;
}

export function createJournalFile(): JournalFile {
  const { dir, dispose } = temporaryFolder();
  const opened: Store[] = [];
  return {
    async open(clock) {
      const store = await createSqliteStore({ file: join(dir, "hub.db") });
      opened.push(store);
      return mortal(store, clock);
    },
    bytes: () =>
      readdirSync(dir)
        .map((name) => readFileSync(join(dir, name), "latin1"))
        .join("\n"),
    async dispose() {
      for (const store of opened) await store.close();
      dispose();
    },
  };
}

async function mortal(store: Store, clock: Clock): Promise<MortalJournal> {
  const fence = await takeFence(store);
  let dead = false;
  let deadline: { when: "before" | "after"; fits: (write: Write) => boolean } | undefined;
  const never = new Promise<never>(() => {});
  const living = <T>(result: T): T | Promise<never> => (dead ? never : result);
  const due = (when: "before" | "after", unit: UnitOfWork): boolean => deadline?.when === when && unit.writes.some(deadline.fits);

  const self = { committed: [] as (readonly Write[])[], full: false, onCommit: async (_unit: UnitOfWork): Promise<void> => {} };
  const wrapped: Store = {
    ...store,
    get: async (table, id) => living(await living(store.get(table, id))),
    find: async (table, query) => living(await living(store.find(table, query))),
    count: async (table, where) => living(await living(store.count(table, where))),
    onChange: (listener) => store.onChange((tables) => void (dead || listener(tables))),
    async commit(unit) {
      await self.onCommit(unit);
      if (due("before", unit)) dead = true;
      await living(undefined);
      if (self.full) throw new HubError("store_full", { file: "hub.db" });
      const result = await store.commit(unit);
      if (result.ok) self.committed.push(unit.writes);
      if (due("after", unit)) dead = true;
      return living(result);
    },
  };
  const journal = createJournal({ store: wrapped, clock, tenantId: "main", host: "node-1", fenceOf: () => fence });
  return Object.assign(self, {
    journal,
    die: () => void (dead = true),
    dieAt: (when: "before" | "after", fits: (write: Write) => boolean) => void (deadline = { when, fits }),
  });
}

export async function addPerson(
  journal: Journal,
  name: string,
  roles: readonly Role[] = ["operator"],
  account = "chat",
): Promise<Row<"people">> {
  const id = `per_${name}`;
  const fields: PersonFields = {
    name,
    dir: name,
    roles,
    accounts: [{ account, sender: name }],
    source: "config",
    pinHash: null,
    pinFailures: 0,
    pinLockedUntil: 0,
  };
  await journal.commit({ actorId: "hub", scope: "hub", writes: [insert("people", id, fields)] });
  const row = await journal.store.get("people", id);
  if (!row) throw new Error("the person was not written");
  return row;
}
