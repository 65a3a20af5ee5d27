/** Tokens for programs, sign-in links and signed-in browsers. */
import type { Migration } from "./migrate.ts";
import { statementsOf } from "./table-layout.ts";

export const credentials: Migration = {
  layout: 2,
  statements: statementsOf({
    name: "credentials",
    columns: ["kind TEXT", "person_id TEXT", "expires_at INTEGER"],
    indices: ["person_id", "expires_at"],
  }),
};
