/** What no row names goes after a day; what any row names stays. */
import { existsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBlobs } from "../../../src/blobs/blobs.ts";
import { ORPHAN_AFTER_MS, sweepBlobs } from "../../../src/blobs/sweep.ts";
import type { Files } from "../../../src/contract/connector.ts";
import type { Attachment, InboundMessage } from "../../../src/contract/message.ts";
import { insert, type Store, type Write } from "../../../src/contract/store.ts";
import { createSqliteStore } from "../../../src/store/sqlite.ts";
import { committer, inboxFields, takeFence, temporaryFolder } from "../../support/stores.ts";

let dir: string;
let dispose: () => void;
let store: Store;
let files: Files;
let commit: (writes: readonly Write[]) => Promise<unknown>;
beforeEach(async () => {
  ({ dir, dispose } = temporaryFolder());
  store = await createSqliteStore({ file: join(dir, "hub.db") });
  commit = committer(store, await takeFence(store));
  files = createBlobs({ dir: join(dir, "files"), maxBytes: 1000 });
});
afterEach(async () => {
  await store.close();
  dispose();
});

async function kept(text: string, agedMs = ORPHAN_AFTER_MS + 1000): Promise<Attachment> {
  async function* content(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  const file = await files.keep(content(), { name: "a.txt" });
  const at = (Date.now() - agedMs) / 1000;
  utimesSync(file.path, at, at);
  return file;
}
const sweep = (): Promise<number> => sweepBlobs({ dir: join(dir, "files"), store, now: Date.now });
const message = (attachments: readonly Attachment[]): { type: "message" } & InboundMessage => ({
  type: "message",
  text: "see this",
  sender: "me",
  ts: new Date(0).toISOString(),
  chatId: "home",
  eventId: "e",
  attachments,
  direct: true,
  mentionsBot: true,
});

test("an old file goes, unless a message or a connector's own state names it", async () => {
  const [orphan, sent, uploaded, fresh] = await Promise.all([kept("orphan"), kept("sent"), kept("uploaded"), kept("fresh", 1000)]);
  await commit([
    // More rows than are read at once, before and after the one that counts.
    ...Array.from({ length: 250 }, (_, n) => insert("inbox", `before${n}`, inboxFields())),
    insert("inbox", "named", inboxFields({ event: message([sent]) })),
    ...Array.from({ length: 250 }, (_, n) => insert("inbox", `after${n}`, inboxFields())),
    insert("kv", "console:file:1", { value: JSON.stringify({ value: uploaded }), expiresAt: null }),
  ]);
  expect(await sweep()).toBe(1);
  expect([orphan, sent, uploaded, fresh].map(({ path }) => existsSync(path))).toEqual([false, true, true, true]);
});

test("a file that is kept again is as good as new", async () => {
  const old = await kept("again");
  await kept("again", 0);
  expect(await sweep()).toBe(0);
  expect(existsSync(old.path)).toBe(true);
});

test("nothing goes when the rows cannot be read, and an absent folder is no trouble", async () => {
  expect(await sweep()).toBe(0);
  const old = await kept("old");
  const broken = { ...store, find: () => Promise.reject(new Error("unreadable")) };
  await expect(sweepBlobs({ dir: join(dir, "files"), store: broken, now: Date.now })).rejects.toThrow("unreadable");
  expect(existsSync(old.path)).toBe(true);
});
