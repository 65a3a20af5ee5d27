/** Run as a process of its own: `hold-folder.ts DATA_DIR`. Opens the store, says so on a line, and keeps it until it is killed. */
import { writeSync } from "node:fs";
import { openStore } from "../../src/store/open.ts";

await openStore({ dataDir: process.argv[2] ?? "" });
writeSync(1, "open\n");
setInterval(() => {}, 60_000);
