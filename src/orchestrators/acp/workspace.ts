/**
 * The border of an agent's workspace. What is read or written through here lies inside it, symbolic links followed, also when the agent
 * changes its folders meanwhile: what was opened is compared with what the path names before a byte is read or written.
 */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";

/** A regular file, opened for reading; undefined when there is none or it lies outside. A relative path begins in the workspace. */
export async function openInside(workspace: string, path: string): Promise<FileHandle | undefined> {
  try {
    const root = await realpath(workspace);
    const real = await realpath(resolve(root, path));
    if (!isBelow(root, real)) return undefined;
    // Not to wait for a writer where it is a pipe.
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (await isStill(file, real)) return file;
    await file.close();
    return undefined;
  } catch {
    return undefined;
  }
}

/** Writes `folders[0]/…/name` in the workspace and gives its path. Rejects when a folder of that path leads elsewhere. */
export async function writeInside(
  workspace: string,
  { folders, name }: { readonly folders: readonly string[]; readonly name: string },
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  let dir = await realpath(workspace);
  for (const folder of folders) dir = await enter(join(dir, folder));
  const draft = join(dir, `.${randomUUID()}`);
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644);
  try {
    if (!(await isStill(file, draft))) throw outside(dir);
    for await (const chunk of content) await file.writeFile(chunk);
    await file.close();
    // A link that stands there is replaced, not followed.
    await rename(draft, join(dir, name));
  } catch (thrown) {
    await file.close();
    await rm(draft, { force: true });
    throw thrown;
  }
  return join(dir, name);
}

async function enter(dir: string): Promise<string> {
  await mkdir(dir, { mode: 0o755 }).catch((thrown: unknown) => {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
  });
  if ((await realpath(dir)) !== dir) throw outside(dir);
  return dir;
}

/** `real` has no link in it: it still names this very file. */
async function isStill(file: FileHandle, real: string): Promise<boolean> {
  const [opened, named, now] = await Promise.all([file.stat(), lstat(real), realpath(real)]);
  return opened.isFile() && now === real && opened.ino === named.ino && opened.dev === named.dev;
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(dir: string): Error {
  return new Error(`${dir} leads out of the workspace`);
}
