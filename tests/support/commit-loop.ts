/**
 * Run as a process of its own: `commit-loop.ts ENGINE LOCATION RUN`. Commits until it is killed; writes the number of each
 * unit on a line once the store has acknowledged it, straight to the pipe and not into a buffer that dies with the process.
 */
import { writeSync } from "node:fs";
import { audit, insert, put } from "../../src/contract/store.ts";
import { committer, storeEngines, takeFence, usageFields } from "./stores.ts";

const [name, location = "", run = ""] = process.argv.slice(2);
const engine = storeEngines.find((candidate) => candidate.name === name);
if (!engine) throw new Error(`no store engine ${name}`);

const store = await engine.open(location);
const commit = committer(store, await takeFence(store));
for (let n = 0; ; n += 1) {
  const id = `${run}:${n}`;
  const result = await commit([
    insert("usage", id, usageFields({ input: n })),
    // Of changing size, so that the kill also meets pages being split and the log being taken over.
    put("kv", run, { value: "x".repeat((n % 50) * 400) + n, expiresAt: n }),
    insert("kv", id, { value: id, expiresAt: null }),
    audit("looped", id, { n }),
  ]);
  if (!result.ok) throw new Error(`refused: ${result.why}`);
  writeSync(1, `${n}\n`);
}
