/** How far the budgets of orchestrators are used. */
import type { Migration } from "./migrate.ts";
import { statementsOf } from "./table-layout.ts";

export const budgets: Migration = {
  layout: 4,
  statements: statementsOf({ name: "budgets", columns: ["orchestrator TEXT"], indices: ["orchestrator"] }),
};
