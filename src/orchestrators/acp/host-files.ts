/** Text files of the workspace, read and written for the agent. Invariant: nothing outside the workspace is touched, symbolic links followed. */
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { RequestError } from "@agentclientprotocol/sdk/unstable";
import type { z } from "zod";
import type { readRequest, writeRequest } from "./wire.ts";
import { openInside, writeInside } from "./workspace.ts";

/** More than an agent can use at once, and it is held in memory. */
const FILE_BYTES = 10 * 1024 * 1024;

export async function readText(workspace: string, { path, line, limit }: z.infer<typeof readRequest>): Promise<{ content: string }> {
  const file = await openInside(workspace, path);
  if (!file) throw RequestError.resourceNotFound(path);
  try {
    const { size } = await file.stat();
    if (size > FILE_BYTES) throw RequestError.invalidParams(undefined, `the file has ${size} bytes, more than ${FILE_BYTES}`);
    const content = await file.readFile("utf8");
    if (line == null && limit == null) return { content };
    const from = Math.max(0, (line ?? 1) - 1);
    return {
      content: content
        .split("\n")
        .slice(from, limit == null ? undefined : from + limit)
        .join("\n"),
    };
  } finally {
    await file.close();
  }
}

export async function writeText(workspace: string, { path, content }: z.infer<typeof writeRequest>): Promise<object> {
  const bytes = Buffer.from(content);
  if (bytes.length > FILE_BYTES) throw RequestError.invalidParams(undefined, `the file would have more than ${FILE_BYTES} bytes`);
  const folders = (await wayInside(workspace, path)).split(sep);
  const name = folders.pop() ?? "";
  try {
    await writeInside(workspace, { folders, name }, asChunks(bytes));
  } catch (thrown) {
    throw RequestError.invalidParams(
      undefined,
      thrown instanceof Error && "code" in thrown ? String(thrown.code) : "it leads out of the workspace",
    );
  }
  return {};
}

/** The path as seen from the workspace, by its own name or its real one. */
async function wayInside(workspace: string, path: string): Promise<string> {
  for (const root of [resolve(workspace), await realpath(workspace)]) {
    const way = relative(root, resolve(root, path));
    if (way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return way;
  }
  throw RequestError.invalidParams(undefined, "it lies outside the workspace");
}

async function* asChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
