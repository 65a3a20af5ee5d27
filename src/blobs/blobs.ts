/**
 * The hub's own folder of files: what people and agents attach. A file is named by the SHA-256 of what is in it, never by anything somebody said.
 * Knows no row and no platform. Invariant: what stands under its hash is whole and on the disk; what is still coming has another name,
 * in a folder from which nothing is served and which is emptied before the next life of the hub keeps its first.
 */
import { createHash, randomUUID } from "node:crypto";
import { constants, renameSync } from "node:fs";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Files } from "../contract/connector.ts";
import { HubError } from "../contract/errors.ts";
import type { Attachment } from "../contract/message.ts";
import { safeFileName } from "./file-name.ts";
import { mimeTypeOf } from "./mime-type.ts";
import { sizeInWords } from "./size-words.ts";

export const HASH = /^[0-9a-f]{64}$/;

/** Where the attachments of all connectors and orchestrators lie. */
export function fileDirOf({ dataDir }: { readonly dataDir: string }): string {
  return join(dataDir, "files");
}

/** Where a kept file lies, wherever the folder was when it was kept; undefined for what was never kept here. */
export function keptPath(dir: string, { path }: Pick<Attachment, "path">): string | undefined {
  const hash = basename(path);
  return HASH.test(hash) ? join(dir, hash.slice(0, 2), hash) : undefined;
}

export interface BlobsOptions {
  /** Made when the first file is kept, mode 0700. Nobody else may write there. */
  readonly dir: string;
  /** Of one file. */
  readonly maxBytes: number;
}

export function createBlobs({ dir, maxBytes }: BlobsOptions): Files {
  const incoming = join(dir, "incoming");
  let preparing: Promise<void> | undefined;

  /** What a former life left half written goes first. */
  async function makeReady(): Promise<void> {
    await rm(incoming, { recursive: true, force: true });
    await mkdir(incoming, { recursive: true, mode: 0o700 });
  }

  function prepare(): Promise<void> {
    preparing ??= makeReady().catch((thrown: unknown) => {
      preparing = undefined;
      throw thrown;
    });
    return preparing;
  }

  async function keep(content: AsyncIterable<Uint8Array>, about: { name: string; mimeType?: string | undefined }): Promise<Attachment> {
    const name = safeFileName(about.name);
    const draft = join(incoming, randomUUID());
    try {
      await prepare();
      const { hash, sizeBytes } = await write(content, draft, { maxBytes, name });
      const path = join(dir, hash.slice(0, 2), hash);
      await settle(draft, path);
      return { name, mimeType: mimeTypeOf(about.mimeType, name), sizeBytes, path };
    } catch (thrown) {
      throw asFileError(thrown, dir);
    } finally {
      await rm(draft, { force: true }).catch(() => {});
    }
  }

  /** The same content again takes the place of the old file, so that it is as fresh as a new one: its row may not be written yet. */
  async function settle(draft: string, path: string): Promise<void> {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // In one go, as the sweep looks and removes in one go: neither comes between the other's steps.
    renameSync(draft, path);
    for (const changed of [folder, dir]) await syncFolder(changed);
  }

  return {
    maxBytes,
    keep,
    async open(attachment) {
      const path = keptPath(dir, attachment);
      const file = path === undefined ? undefined : await openWhole(path);
      if (file === undefined) throw new HubError("not_found", { what: "file", id: attachment.name });
      return contentOf(file);
    },
  };
}

interface Limit {
  readonly maxBytes: number;
  readonly name: string;
}

async function write(content: AsyncIterable<Uint8Array>, draft: string, { maxBytes, name }: Limit) {
  const hash = createHash("sha256");
  const file = await open(draft, "wx", 0o600);
  let sizeBytes = 0;
  try {
    for await (const chunk of content) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) throw new HubError("file_too_large", { name, max: sizeInWords(maxBytes) });
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { hash: hash.digest("hex"), sizeBytes };
}

/** A file that is no regular file is none of ours. */
async function openWhole(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (file === undefined || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

const CHUNK_BYTES = 64 * 1024;

/** Reads on as it is asked to, and closes the file at its end or when nobody wants the rest. */
export function contentOf(file: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES));
        if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
        await file.close();
        controller.close();
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}

/** The name of a file is durable only with its folder. Systems that cannot open one need no such call. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

const FULL: readonly unknown[] = ["ENOSPC", "EDQUOT"];

/** A disk without space as `store_full`, as the database says it; everything else as it is. */
export function asFileError(thrown: unknown, dir: string): unknown {
  const isFull = thrown instanceof Error && "code" in thrown && FULL.includes(thrown.code);
  return isFull ? new HubError("store_full", { file: dir }, { cause: thrown }) : thrown;
}
