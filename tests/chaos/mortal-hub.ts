/** Run as a process of its own: the real hub with its configuration from the environment, on a store and connectors with places to die. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { knownParts } from "../../src/cli/known-parts.ts";
import { loadConfig } from "../../src/config.ts";
import { startHub } from "../../src/main.ts";
import { migrate } from "../../src/store/migrations/migrate.ts";
import { SQLITE_MIGRATIONS } from "../../src/store/migrations/sqlite-migrations.ts";
import { openConnection } from "../../src/store/sqlite-connection.ts";
import { mortal } from "./mortal-connector.ts";
import { openMortalStore, type Stage } from "./mortal-store.ts";
import { pass } from "./pass.ts";

// Tells the agent whose child it must be to kill its parent.
process.env["CHAOS_HUB_PID"] = String(process.pid);
const stage: Stage = { at: "take-up" };
const parts = await knownParts();
const config = await loadConfig(parts);
if (process.env["CHAOS_POINT"] === "in migration") migrateMortally(config.dataDir);
// The later definition of a kind holds; those from outside are mortal by their own module.
const outside = [...parts.connectors.map(mortal), ...config.outside];
const hub = await startHub({ ...config, outside }, { open: openMortalStore(stage) });
stage.at = "running";
process.once("SIGTERM", () => {
  stage.at = "drain";
  void hub.stop().then(() => process.exit(0));
});

function migrateMortally(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const connection = openConnection(join(dataDir, "hub.db"));
  const exec = (sql: string): void => {
    connection.exec(sql);
    pass("in migration");
  };
  migrate({ ...connection, exec }, SQLITE_MIGRATIONS);
  connection.close();
}
