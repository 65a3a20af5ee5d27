/** Canvases the hub keeps itself: their contents, and what lets people look at them. Nothing read those of before. */
import type { Migration } from "./migrate.ts";
import { statementsOf } from "./table-layout.ts";

export const canvases: Migration = {
  layout: 3,
  statements: [
    "DROP TABLE canvases",
    ...statementsOf({
      name: "canvases",
      columns: ["session_key TEXT", "code TEXT", "state TEXT", "expires_at INTEGER"],
      indices: ["session_key", "code", "state, expires_at"],
    }),
    ...statementsOf({ name: "revisions", columns: ["canvas_id TEXT"], indices: ["canvas_id"] }),
    ...statementsOf({ name: "views", columns: ["canvas_id TEXT", "person_id TEXT"], indices: ["canvas_id", "person_id"] }),
  ],
};
