/** `mos-hub export`: what was said in conversations, for the record or for leaving. Works on a stopped hub's folder, too. */
import { existsSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { parse } from "../api/problem.ts";
import { asFileError, fileDirOf, keptPath } from "../blobs/blobs.ts";
import type { Config } from "../config.ts";
import { HubError, known } from "../contract/errors.ts";
import type { Store } from "../contract/store.ts";
import { counted } from "../contract/counted.ts";
import type { Names } from "../conversations/entries.ts";
import { findConversation } from "../conversations/places.ts";
import { allSessions, transcriptOf } from "../conversations/transcript.ts";
import { type Format, FORMATS, written } from "../conversations/written.ts";
import { createRedactor } from "../redaction/secrets.ts";
import { neutralise } from "./chat/text-cells.ts";
import type { AddCommand } from "./command.ts";
import { withStore } from "./read-store.ts";

interface Options {
  readonly format?: string;
  readonly since?: string;
  readonly to?: string;
}

export const addExport: AddCommand = (program, act) => {
  program
    .command("export [name]")
    .description("what was said: all of it, or in one conversation by its name (chat-1a2b3c4d)")
    .option("--format <format>", "markdown to read, or jsonl: an object a line (default: markdown; jsonl with --json)")
    .option("--since <date>", "only from then on: 2026-01-31, or 2026-01-31T12:05:00Z")
    .option("--to <file>", "a new file, instead of standard output")
    .action(
      act(async (context, name: string | undefined, options: Options) => {
        const { format = context.json ? "jsonl" : "markdown", since, to } = parse(options, wanted);
        const config = await context.config();
        await withStore(context, async (store) => {
          const exported = { name, since, format, names: await namesIn(store, config), messages: 0, conversations: 0 };
          if (to === undefined) return pipeline(texts(store, exported), process.stdout, { end: false });
          await writeNew(to, texts(store, exported));
          const { conversations, messages } = exported;
          context.print({ type: "export", file: to, conversations, messages }, () => doneWords(to, exported));
        });
        return 0;
      }),
    );
};

/** Of UTC, where nothing else is said. */
const time = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const wanted = z.object({
  format: z.enum(FORMATS).optional(),
  since: z
    .string()
    .refine((text) => time.safeParse(text).success, "takes a date, 2026-01-31, or a time, 2026-01-31T12:05:00Z")
    .transform((text) => Date.parse(text))
    .optional(),
  to: z.string().min(1).optional(),
});

interface Exported {
  readonly name: string | undefined;
  readonly since: number | undefined;
  readonly format: Format;
  readonly names: Names;
  /** How many there have been. */
  conversations: number;
  messages: number;
}

async function* texts(store: Store, exported: Exported): AsyncGenerator<string> {
  const { name, since, format, names } = exported;
  // A terminal would do what it is told; a file keeps what was said.
  const shown = format === "markdown" && process.stdout.isTTY ? neutralise : (text: string) => text;
  for await (const entry of transcriptOf(sessionsOf(store, name), { store, names, since })) {
    exported[entry.type === "conversation" ? "conversations" : "messages"] += 1;
    yield shown(written(entry, format));
  }
}

async function* sessionsOf(store: Store, name: string | undefined) {
  if (name === undefined) return yield* allSessions(store);
  yield known(await findConversation(store, name, { closed: true }), name, "conversation");
}

async function namesIn(store: Store, config: Config): Promise<Names> {
  const fileDir = fileDirOf(config);
  const aliases = new Map(config.orchestrators.map(({ name, alias }) => [name, alias]));
  const people = new Map((await store.find("people", { limit: Infinity })).map(({ id, name }) => [id, name]));
  return {
    personOf: (id) => people.get(id),
    aliasOf: (orchestrator) => aliases.get(orchestrator) ?? orchestrator,
    fileOf(attachment) {
      const path = keptPath(fileDir, attachment);
      return path !== undefined && existsSync(path) ? path : null;
    },
    redact: createRedactor(config.secrets),
  };
}

/** For its owner only; a file that is there is never written over, and one that could not be finished does not stay. */
async function writeNew(path: string, content: AsyncIterable<string>): Promise<void> {
  const file = await openNew(path);
  try {
    await pipeline(content, file.createWriteStream({ flush: true }));
  } catch (thrown) {
    await rm(path, { force: true });
    throw asFileError(thrown, path);
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o600);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const problems =
      code === "EEXIST" ? `--to ${path}: it is there already, and is not written over` : `--to ${path}: it cannot be written (${code})`;
    throw new HubError("bad_request", { problems }, { cause });
  }
}

function doneWords(path: string, { conversations, messages }: Exported): string {
  return `${path}: ${counted(messages, "message")} of ${counted(conversations, "conversation")}.`;
}
