/**
 * Where a session of an agent leaves its replies for the hub: one file each, in the hub's own folder. Written by `mos-hub reply`, taken by
 * the driver. A file can hold words and nothing else, so whoever may write here can speak for the agent and decide nothing.
 * Invariant: a reply is in the folder whole or not at all, and leaves it only after the hub has it; a stopped hub finds it at its next start.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { HubError } from "../../contract/errors.ts";

const reply = z.strictObject({
  session: z.string().regex(/^chat-[0-9a-f]{8}$/),
  text: z.string().min(1).max(1_000_000),
  /** Another reply to the same message follows. */
  more: z.boolean(),
});
export type Reply = z.infer<typeof reply>;

export interface LeftReply extends Reply {
  readonly file: string;
}

export interface McpSeat {
  readonly url: string;
  readonly token: string;
}

const seat = z.strictObject({ url: z.url(), token: z.string().min(1) });

/** Larger files are not read. */
const REPLY_BYTES = 4 * 1024 * 1024;

function foldersOf(dataDir: string): { replies: string; seats: string } {
  const dir = join(dataDir, "agents", "tmux");
  return { replies: join(dir, "replies"), seats: join(dir, "open") };
}

/** Rejects with `bad_request` for a name that is none, and `not_found` for a session this hub never opened. */
export async function leaveReply(dataDir: string, wanted: Reply): Promise<void> {
  const parsed = reply.safeParse(wanted);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw new HubError("bad_request", { problems });
  }
  const { replies, seats } = foldersOf(dataDir);
  if (!(await stat(join(seats, wanted.session)).catch(() => undefined)))
    throw new HubError("not_found", { what: "session", id: wanted.session });
  await mkdir(replies, { recursive: true, mode: 0o700 });
  const name = randomUUID();
  await writeFile(join(replies, `.${name}`), JSON.stringify(parsed.data), { mode: 0o600, flush: true });
  await rename(join(replies, `.${name}`), join(replies, `${name}.json`));
}

/** The oldest first. What is no reply is taken away. */
export async function listReplies(dataDir: string): Promise<LeftReply[]> {
  const { replies } = foldersOf(dataDir);
  const names = (await readdir(replies).catch(() => [])).filter((name) => /^[^.].*\.json$/.test(name));
  const found = await Promise.all(names.map((name) => readReply(join(replies, name))));
  return found
    .flatMap((one) => (one === undefined ? [] : [one]))
    .toSorted((a, b) => a.at - b.at)
    .map(({ at: _at, ...left }) => left);
}

async function readReply(file: string): Promise<(LeftReply & { at: number }) | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const parsed = found.size > REPLY_BYTES ? undefined : reply.safeParse(parsedJson(await readFile(file, "utf8").catch(() => "")));
  if (parsed?.success) return { ...parsed.data, file, at: found.mtimeMs };
  await takeAway(file);
  return undefined;
}

export async function takeAway(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** What lets a program of the agent use the hub's MCP server as this session; readable by the hub's own user only. */
export async function openSeat(dataDir: string, session: string, mcp: McpSeat | undefined): Promise<void> {
  const { seats } = foldersOf(dataDir);
  await mkdir(seats, { recursive: true, mode: 0o700 });
  await writeFile(join(seats, session), JSON.stringify(mcp ?? {}), { mode: 0o600 });
}

/** Rejects with `not_found` when this hub has no such session open. */
export async function readSeat(dataDir: string, session: string): Promise<McpSeat> {
  const file = join(foldersOf(dataDir).seats, plain(session));
  const parsed = seat.safeParse(parsedJson(await readFile(file, "utf8").catch(() => "")));
  if (!parsed.success) throw new HubError("not_found", { what: "session", id: session });
  return parsed.data;
}

function plain(session: string): string {
  return /^chat-[0-9a-f]{8}$/.test(session) ? session : "none";
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
