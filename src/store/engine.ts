/** What a database does for the store. One implementation an engine; `store-over.ts` makes the store of the contract from it. */
import type { RawRow, SqlValue } from "./columns.ts";
import type { Script } from "./script.ts";

export interface Engine {
  /** The database as people know it, without its password. */
  readonly place: string;
  /** For looking only: every change rejects. */
  readonly isReadOnly: boolean;
  /**
   * The number of the next entry of the audit log. It counts the entries there ever were: unlike the last row it does not fall back when the
   * end of the log is cut off.
   */
  nextAuditNumber(): Script<number>;
  /** What is committed, read outside of any transaction. `?` for each value. */
  read(sql: string, values: readonly SqlValue[]): Promise<readonly RawRow[]>;
  /**
   * Plays a script in one transaction, alone: what it reads nobody changes meanwhile, and `seq` rises in the order of the commits. Undone when
   * `isKept` says no, and when it throws. May ask for the script again where an earlier try left nothing behind.
   */
  transact<T>(script: () => Script<T>, isKept: (result: T) => boolean): Promise<T>;
  /** See `Store.check`. */
  check(): Promise<void>;
  close(): Promise<void>;
}
