/**
 * Files between people and an orchestrator over HTTP, by the recipe of docs/http-orchestrators.md: what somebody sends in Telegram is fetched byte for
 * byte by whom it was sent to and by nobody else, also from a hub that was killed in between; and a file comes back.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";
import { ANN } from "../support/telegram-bench.ts";
import { createTwoChats, FORUM, type TwoChats } from "../support/two-chats.ts";

const DEADLINE_MS = 120_000;
const FILE_BYTES = 300_000;
const BYTES = randomBytes(200_000);

let chats: TwoChats;
let folder: string;
let tokens: { readonly mos: string; readonly other: string; readonly reader: string };
beforeAll(async () => {
  chats = await createTwoChats();
  folder = await mkdtemp(join(tmpdir(), "mos-hub-files-"));
  await startHub();
  tokens = {
    mos: await chats.token(["orchestrate"], "mos"),
    other: await chats.token(["orchestrate"], "other"),
    reader: await chats.token(["read", "chat", "ask"], "reader"),
  };
}, DEADLINE_MS);
afterAll(async () => {
  await chats?.end();
  await rm(folder, { recursive: true, force: true });
});

async function startHub(): Promise<void> {
  const orchestrators = { mos: { driver: "http", token: "mos" }, other: { driver: "http", token: "other" } };
  await chats.start({ orchestrators, limits: { file_bytes: FILE_BYTES } });
}

const as = (token: string, name = "mos") => createClient({ where: async () => ({ url: await chats.url(), token }) }).orchestrator(name);

/** Somebody sends a file in a topic; what the orchestrator is told of it. */
async function sent(
  words: string,
): Promise<{ readonly session: string; readonly turn: string; readonly file: string; readonly topic: number }> {
  const topic = await chats.telegram.begin(`hello, ${words} follows`);
  await end((await next("follows")).session);
  const file = { file_id: words.replaceAll(" ", "-"), file_name: "plan.pdf", mime_type: "application/pdf", bytes: BYTES };
  chats.fake.world.say(FORUM, ANN, words, { thread: topic, file });
  const told = await next(words);
  expect(told.attachments).toEqual([{ id: expect.any(String), name: "plan.pdf", mime_type: "application/pdf", size_bytes: BYTES.length }]);
  return { session: told.session, turn: told.turn_id, file: told.attachments[0]?.id ?? "", topic };
}

async function next(words: string) {
  const mos = as(tokens.mos);
  for (;;) {
    const { deliveries } = await mos.inbox({ wait_ms: 20_000 });
    await mos.inbox({ ack: deliveries.map(({ id }) => id), limit: 0 });
    for (const told of deliveries) if (told.type === "turn" && told.text.includes(words)) return told;
    if (deliveries.length === 0) throw new Error(`nobody said ${words}; the hub printed ${chats.hub.output().slice(-2000)}`);
  }
}

const end = (session: string) => as(tokens.mos).report({ session, events: [{ type: "turn_end" }] });
const bytesOf = async (stream: Promise<ReadableStream<Uint8Array>>): Promise<Buffer> =>
  Buffer.from(await new Response(await stream).arrayBuffer());
const filesIn = (topic: number) => chats.telegram.shown(topic).flatMap(({ file, from }) => (file && from.is_bot ? [file] : []));

test("the recipe fetches the file that was sent, and sends one that is seen", { timeout: DEADLINE_MS }, async () => {
  const { session, file, topic } = await sent("by the recipe");
  const page = await readFile(join(ROOT, "docs/http-orchestrators.md"), "utf8");
  const recipe = /^## Files\n[\s\S]*?```sh\n([\s\S]*?)```/m.exec(page)?.[1] ?? "exit 1";
  const env = { PATH: process.env["PATH"], MOS_HUB_URL: await chats.url(), MOS_HUB_TOKEN: tokens.mos, FILE_ID: file, SESSION: session };
  const { stdout } = await promisify(execFile)("sh", ["-ec", recipe], { cwd: folder, env });
  expect(JSON.parse(stdout)).toEqual({ taken: true });
  expect((await readFile(join(folder, "plan.pdf"))).equals(BYTES)).toBe(true);
  await end(session);
  await until("the file is seen in Telegram", () => filesIn(topic).length > 0);
  expect(filesIn(topic)[0]).toMatchObject({ file_name: "plan.pdf" });
  expect(filesIn(topic)[0]?.bytes.equals(BYTES)).toBe(true);
});

test("no other token and no other orchestrator has it", { timeout: DEADLINE_MS }, async () => {
  const { session, file } = await sent("a secret plan");
  await expect(as(tokens.other).file(file)).rejects.toMatchObject({ status: 403, code: "not_allowed" });
  await expect(as(tokens.other, "other").file(file)).rejects.toMatchObject({ status: 404, code: "not_found" });
  await expect(as(tokens.reader).file(file)).rejects.toMatchObject({ status: 403, code: "not_allowed" });
  await expect(as("no-such-token").file(file)).rejects.toMatchObject({ status: 401, code: "not_signed_in" });
  await expect(as(tokens.other, "other").sendFile({ session, name: "a.txt" }, BYTES)).rejects.toMatchObject({ status: 404 });
  const tooLarge = as(tokens.mos).sendFile({ session, name: "a.bin" }, randomBytes(FILE_BYTES + 1));
  await expect(tooLarge).rejects.toMatchObject({ status: 413, message: expect.stringContaining("a.bin") });
  await end(session);
});

test("a hub that is killed still has it, and what it was given to send, once", { timeout: DEADLINE_MS }, async () => {
  const { session, file, topic } = await sent("before the death");
  await chats.settled();
  await chats.hub.kill();
  await startHub();
  expect((await bytesOf(as(tokens.mos).file(file))).equals(BYTES)).toBe(true);
  await as(tokens.mos).sendFile({ session, name: "answer.bin" }, BYTES, "answer");
  await chats.hub.kill();
  await startHub();
  await as(tokens.mos).sendFile({ session, name: "answer.bin" }, BYTES, "answer");
  await as(tokens.mos).report({ session, events: [{ type: "text", text: "That was all." }, { type: "turn_end" }] }, "end");
  await chats.telegram.sees("That was all.", topic);
  const [shown, ...more] = filesIn(topic);
  expect(shown?.bytes.equals(BYTES)).toBe(true);
  // Telegram cannot be asked whether it has something: a file that was on its way as the hub died comes again with a mark.
  for (const { text } of chats.telegram.shown(topic).filter((one) => one.file !== undefined && more.includes(one.file)))
    expect(text).toContain("may be");
});
