/**
 * Which file goes with which message, and who may have it: whoever sent it up, and whoever may see the message it goes with.
 * Knows the files by records of its own; what is in them is kept by the hub. What was sent up and goes with no message is forgotten in a day.
 */
import { createHash, randomUUID } from "node:crypto";
import type { Keyv } from "keyv";
import { z } from "zod";
import { HubError } from "../../src/contract/errors.ts";
import type { Attachment } from "../../src/contract/message.ts";
import { type ShownFile, shownFile } from "./entry.ts";
import { fileKey } from "./ids.ts";
import { isFor, type MessageLog } from "./log.ts";

export const UNSENT_MS = 24 * 60 * 60 * 1000;

/** `owner`: who sent it up, null for the hub. `entryKey`: of the log entry it goes with. */
const record = shownFile.extend({ id: z.string(), path: z.string(), owner: z.string().nullable(), entryKey: z.string().nullable() });
export type FileRecord = z.infer<typeof record>;

export interface ConsoleFiles {
  /** What somebody sent up, to be named with a message. */
  add(file: Attachment, owner: string): Promise<ShownFile>;
  /** What the hub sends with the entry of this key; the same again gives the same ids. */
  offer(files: readonly Attachment[], entryKey: string): Promise<ShownFile[]>;
  /** The files somebody names with a message. Rejects with `bad_request` for one that is not theirs or went with another message. */
  named(ids: readonly string[], owner: string, entryKey: string): Promise<FileRecord[]>;
  /** They go with the entry of this key from now on. To be called before it is written. */
  give(files: readonly FileRecord[], entryKey: string): Promise<void>;
  /** Undefined also when there is such a file and `viewer` may not have it. */
  find(id: string, viewer: string): Promise<Attachment | undefined>;
}

export function createConsoleFiles(state: Keyv, log: MessageLog): ConsoleFiles {
  async function recordOf(id: string): Promise<FileRecord | undefined> {
    const found: unknown = await state.get(fileKey(id));
    return found === undefined ? undefined : record.parse(found);
  }

  async function write(file: FileRecord, forMs?: number): Promise<ShownFile> {
    await state.set(fileKey(file.id), file, forMs);
    return shownFile.parse(file);
  }

  async function mayGo({ entryKey }: FileRecord, wanted: string): Promise<boolean> {
    return entryKey === null || entryKey === wanted || (await log.find(entryKey)) === undefined;
  }

  async function mayHave(viewer: string, { id, owner, entryKey }: FileRecord): Promise<boolean> {
    if (owner === viewer) return true;
    const entry = entryKey === null ? undefined : await log.find(entryKey);
    return entry?.type === "message" && isFor(viewer, entry) && (entry.attachments ?? []).some((file) => file.id === id);
  }

  return {
    add: (file, owner) => write({ ...file, id: randomUUID().replaceAll("-", ""), owner, entryKey: null }, UNSENT_MS),
    offer: (files, entryKey) => Promise.all(files.map((file, at) => write({ ...file, id: idOf(entryKey, at), owner: null, entryKey }))),
    named: (ids, owner, entryKey) =>
      Promise.all(
        [...new Set(ids)].map(async (id) => {
          const found = await recordOf(id);
          if (found?.owner === owner && (await mayGo(found, entryKey))) return found;
          throw new HubError("bad_request", { problems: `files: there is no file ${id} of yours to send; send it up again` });
        }),
      ),
    give: async (files, entryKey) => void (await Promise.all(files.map((file) => write({ ...file, entryKey })))),
    async find(id, viewer) {
      const found = await recordOf(id);
      return found && (await mayHave(viewer, found)) ? found : undefined;
    },
  };
}

function idOf(entryKey: string, at: number): string {
  return createHash("sha256")
    .update(JSON.stringify([entryKey, at]))
    .digest("hex")
    .slice(0, 32);
}
