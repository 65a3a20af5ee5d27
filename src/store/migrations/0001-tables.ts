/**
 * The first layout. History: never changed once released; a later layout is a later migration.
 * `seq` ends every index by itself, being SQLite's row id, so an index on `state` also answers "oldest first of this state".
 */
import type { Migration } from "./migrate.ts";
import { statementsOf, type TableLayout } from "./table-layout.ts";

const TABLES: readonly TableLayout[] = [
  {
    name: "inbox",
    columns: ["account TEXT", "status TEXT", "session_key TEXT", "trace TEXT", "sender TEXT"],
    indices: ["status, session_key", "session_key", "trace", "sender, account"],
  },
  {
    name: "outbox",
    columns: ["account TEXT", "lane TEXT", "state TEXT", "trace TEXT", "coalesce_key TEXT", "subject TEXT", "not_before INTEGER"],
    // State first, since nearly all rows are `sent` and nearly all searches are for those that are not.
    indices: ["state, lane", "state, account", "lane", "trace", "coalesce_key, lane", "subject"],
  },
  { name: "bindings", columns: ["session_key TEXT"], indices: ["session_key"] },
  { name: "sessions", columns: ["orchestrator TEXT", "status TEXT"], indices: ["orchestrator, status"] },
  {
    name: "turns",
    columns: ["session_key TEXT", "state TEXT", "trace TEXT", "inbox_id TEXT"],
    indices: ["session_key, state", "state", "trace", "inbox_id"],
  },
  { name: "people", columns: ["source TEXT"] },
  { name: "pairings", columns: ["account TEXT", "sender TEXT", "code TEXT", "state TEXT"], indices: ["account, sender", "code"] },
  {
    name: "approvals",
    columns: ["kind TEXT", "code TEXT", "state TEXT", "digest TEXT", "session_key TEXT", "trace TEXT", "expires_at INTEGER"],
    indices: ["code", "state, expires_at", "digest", "session_key", "trace"],
  },
  { name: "copies", columns: ["subject TEXT"], indices: ["subject"] },
  { name: "deploys", columns: ["slot TEXT", "state TEXT", "trace TEXT"], indices: ["slot", "state", "trace"] },
  { name: "canvases", columns: ["session_key TEXT"], indices: ["session_key"] },
  { name: "usage", columns: ["hour INTEGER"], indices: ["hour"] },
  { name: "audit", columns: ["what TEXT", "subject TEXT"], indices: ["what", "subject"] },
  { name: "leases", columns: ["expires_at INTEGER"] },
  { name: "kv", columns: ["expires_at INTEGER"], indices: ["expires_at"] },
];

export const tables: Migration = { layout: 1, statements: TABLES.flatMap(statementsOf) };
