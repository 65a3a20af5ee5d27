/**
 * The hub's pen: every change goes through `commit`, which adds who, where, when and the fence to a unit of work.
 * Invariant: when a promise of this file resolves, what it wrote is on disk.
 */
import type { Clock } from "../clock.ts";
import { HubError } from "../contract/errors.ts";
import type { Work } from "../contract/handler.ts";
import type { Fence, Store, StoreReader, UnitOfWork, Write } from "../contract/store.ts";

export interface Journal {
  readonly store: StoreReader;
  /** Writes once. False: somebody changed one of the rows meanwhile and nothing was written. Rejects with a HubError. */
  commit(unit: Draft): Promise<boolean>;
  /** Builds a unit of work and writes it; on a conflict builds it again from fresh rows. */
  settle<W extends Work>(by: Author, build: () => Promise<W>): Promise<W>;
  onChange: Store["onChange"];
}

export interface Author {
  /** Who caused it: a person id, an orchestrator's name or `hub`. */
  readonly actorId: string;
  /** What the writer must still own: an account, a session or the hub itself. */
  readonly scope: string;
}

export interface Draft extends Author {
  readonly writes: readonly Write[];
  readonly expect?: UnitOfWork["expect"];
}

export interface JournalParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly tenantId: string;
  readonly host: string;
  /** The fence of a scope. With one node they are all the hub's own lease. */
  readonly fenceOf: (scope: string) => Fence;
}

/** Conflicts are rare and short; more than this in a row is a fault of ours, not bad luck. */
const MOST_CONFLICTS = 20;

export function createJournal({ store, clock, tenantId, host, fenceOf }: JournalParts): Journal {
  async function commit(draft: Draft): Promise<boolean> {
    if (draft.writes.length === 0 && !draft.expect?.length) return true;
    const result = await store.commit({
      fence: fenceOf(draft.scope),
      origin: { tenantId, host, actorId: draft.actorId, at: clock.now() },
      expect: draft.expect,
      writes: draft.writes,
    });
    if (result.ok) return true;
    if (result.why === "fenced") throw new HubError("store_fenced", { lease: result.lease });
    return false;
  }

  async function settle<W extends Work>(by: Author, build: () => Promise<W>): Promise<W> {
    for (let conflicts = 0; conflicts <= MOST_CONFLICTS; conflicts++) {
      const work = await build();
      if (await commit({ ...by, writes: work.writes, expect: work.expect })) return work;
    }
    throw new HubError("store_conflict");
  }

  return { store, commit, settle, onChange: store.onChange.bind(store) };
}
