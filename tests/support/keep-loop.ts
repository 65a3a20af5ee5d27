/** Run as a process of its own: `keep-loop.ts FOLDER`. Keeps files until it is killed; writes the path of each on a line once it is kept. */
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { createBlobs } from "../../src/blobs/blobs.ts";

const files = createBlobs({ dir: process.argv[2] ?? "", maxBytes: 8 * 1024 * 1024 });

async function* content(chunks: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < chunks; n += 1) yield randomBytes(64 * 1024);
}

for (let n = 0; ; n += 1) {
  const { path } = await files.keep(content(n % 40), { name: "loop" });
  writeSync(1, `${path}\n`);
}
