/** Run as a process of its own: `die-migrating.ts FILE N`. Kills itself with -9 after the Nth statement of the migrations. */
import { migrate } from "../../src/store/migrations/migrate.ts";
import { SQLITE_MIGRATIONS } from "../../src/store/migrations/sqlite-migrations.ts";
import { openConnection } from "../../src/store/sqlite-connection.ts";

const [file = "", after] = process.argv.slice(2);
const connection = openConnection(file);
let left = Number(after);
const exec = (sql: string): void => {
  connection.exec(sql);
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
};
migrate({ ...connection, exec }, SQLITE_MIGRATIONS);
