/**
 * The durable store, the same for every engine. Reads are async; a change is a unit of work given as data and committed at once.
 * Nothing here runs a callback inside a transaction, so no engine ever holds one across an await.
 */
import type { AuditFields, INDEXED, Row, RowBase, TableFields, TableName } from "./tables.ts";

/** Proof that the writer still owns its work: checked by every commit against the lease row. */
export interface Fence {
  readonly lease: string;
  /** The lease's version when it was taken. */
  readonly token: number;
}

/** A row of this version must be there (`version: 0`: must not be there), though this unit does not change it. */
export interface Expectation {
  readonly table: TableName;
  readonly id: string;
  readonly version: number;
}

/** Who writes: put into every row the unit touches. */
export interface Origin {
  readonly tenantId: string;
  readonly host: string;
  readonly actorId: string;
  readonly at: number;
}

export type Write = { [T in TableName]: TableWrite<T> }[TableName] | AuditWrite;

type TableWrite<T extends TableName> =
  /** Conflicts when the id is there already. */
  | { readonly op: "insert"; readonly table: T; readonly id: string; readonly fields: TableFields[T] }
  /** Conflicts when the row is not of this version. Fields not named stay. */
  | { readonly op: "update"; readonly table: T; readonly id: string; readonly version: number; readonly set: Partial<TableFields[T]> }
  /** Inserts or replaces, whatever is there. */
  | { readonly op: "put"; readonly table: T; readonly id: string; readonly fields: TableFields[T] }
  /** No row, no conflict. */
  | { readonly op: "delete"; readonly table: T; readonly id: string }
  /** Adds numbers to numeric fields of a row; when it is not there it is inserted with `fields` as they are, and nothing is added. */
  | {
      readonly op: "add";
      readonly table: T;
      readonly id: string;
      readonly fields: TableFields[T];
      readonly add: { readonly [F in keyof TableFields[T]]?: TableFields[T][F] extends number ? number : never };
    };

/** Appends to the audit log; the engine chains it to the entry before. */
export interface AuditWrite {
  readonly op: "audit";
  readonly entry: Omit<AuditFields, "previousHash" | "hash">;
}

export interface UnitOfWork {
  readonly fence: Fence;
  readonly origin: Origin;
  readonly expect?: readonly Expectation[] | undefined;
  readonly writes: readonly Write[];
}

export type CommitResult =
  | { readonly ok: true }
  /** Nothing was written. `fenced`: the lease has another owner; stop this work. */
  | { readonly ok: false; readonly why: "conflict"; readonly table: TableName; readonly id: string }
  | { readonly ok: false; readonly why: "fenced"; readonly lease: string };

type Searchable<T extends TableName> = (typeof INDEXED)[T][number] & keyof TableFields[T];

export type Condition<V> = V | { readonly in: readonly V[] } | { readonly below: number } | { readonly from: number };

export interface Query<T extends TableName> {
  readonly where?: { readonly [F in Searchable<T>]?: Condition<TableFields[T][F]> };
  /** By `seq`. Default: oldest first. */
  readonly newestFirst?: boolean;
  /** Only rows after (with `newestFirst`: before) this `seq`. */
  readonly afterSeq?: number;
  /** Only ids that begin with this. */
  readonly idPrefix?: string;
  /** Of the rows that agree in this field only the first: the head of each lane. */
  readonly firstPer?: Searchable<T>;
  /** At most this many rows. Default 1000. */
  readonly limit?: number;
}

export interface Store {
  /** The database as people know it: a file, or a server's URL without user and password. */
  readonly place: string;
  get<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined>;
  find<T extends TableName>(table: T, query?: Query<T>): Promise<Row<T>[]>;
  count<T extends TableName>(table: T, where?: Query<T>["where"]): Promise<number>;
  /**
   * All of it or nothing, durable when it resolves. Rejects with a HubError `store_full`, `store_failed` or `store_unreachable`; then nothing
   * was written, unless the store was closed meanwhile.
   */
  commit(unit: UnitOfWork): Promise<CommitResult>;
  /** Rejects with the HubError that a change of usual size would meet now, such as `store_full`. Cheap. */
  check(): Promise<void>;
  /** Takes a lease that is free, expired or ours; undefined while somebody else has it. */
  acquireLease(name: string, holder: string, ttlMs: number, now: number): Promise<Fence | undefined>;
  /** False when it is no longer ours. */
  renewLease(fence: Fence, ttlMs: number, now: number): Promise<boolean>;
  releaseLease(fence: Fence): Promise<void>;
  /** Called after every commit with the tables it changed, on every node; wake-ups, not data. */
  onChange(listener: (tables: ReadonlySet<TableName>) => void): () => void;
  close(): Promise<void>;
}

/** Only reading: what steps and handlers are given. */
export type StoreReader = Pick<Store, "get" | "find" | "count">;

export function insert<T extends TableName>(table: T, id: string, fields: TableFields[T]): Write {
  return { op: "insert", table, id, fields } as Write;
}
/** Changes a row that was read before; conflicts when somebody changed it since. */
export function update<T extends TableName>(table: T, row: Pick<RowBase, "id" | "version">, set: Partial<TableFields[T]>): Write {
  return { op: "update", table, id: row.id, version: row.version, set } as Write;
}
export function put<T extends TableName>(table: T, id: string, fields: TableFields[T]): Write {
  return { op: "put", table, id, fields } as Write;
}
export function remove(table: TableName, id: string): Write {
  return { op: "delete", table, id } as Write;
}
export function audit(what: string, subject: string, facts: AuditFields["facts"]): Write {
  return { op: "audit", entry: { what, subject, facts } };
}
