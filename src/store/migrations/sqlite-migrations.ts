/** Every migration of the SQLite engine, in order. */
import { tables } from "./0001-tables.ts";
import { credentials } from "./0002-credentials.ts";
import { canvases } from "./0003-canvases.ts";
import { budgets } from "./0004-budgets.ts";
import type { Migration } from "./migrate.ts";

export const SQLITE_MIGRATIONS: readonly Migration[] = [tables, credentials, canvases, budgets];
