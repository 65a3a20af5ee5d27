/** Files at the door of an HTTP orchestrator: fetched as they were sent and only there, for as long as they are kept, and said in a session. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Keyv } from "keyv";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createBlobs } from "../../src/blobs/blobs.ts";
import { createClient } from "../../src/client.ts";
import type { Files } from "../../src/contract/connector.ts";
import type { SessionKey } from "../../src/contract/ids.ts";
import type { Attachment } from "../../src/contract/message.ts";
import type { OrchestratorDriver, SessionEvent } from "../../src/contract/orchestrator.ts";
import { httpConfig } from "../../src/orchestrators/http/config.ts";
import { createHttpDriver } from "../../src/orchestrators/http/driver.ts";
import { FETCHED_WITHIN_MS } from "../../src/orchestrators/http/files.ts";
import type { Store } from "../../src/contract/store.ts";
import { createKeyv } from "../../src/store/keyv.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";
import { type Door, openDoor } from "../support/http-orchestrator.ts";
import { takeFence, temporaryFolder, testOrigin } from "../support/stores.ts";

const SESSION: SessionKey = "agent:mos:chat:a";
const MAX_BYTES = 100_000;
const BYTES = randomBytes(80_000);

let door: Door;
let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let clock: HandClock;
let stateOf: (name: string) => Keyv;
let files: Files;
let driver: OrchestratorDriver;
let heard: SessionEvent[];
beforeAll(async () => void (door = await openDoor()));
afterAll(() => door.end());

beforeEach(async () => {
  folder = temporaryFolder();
  clock = createHandClock();
  store = await createSqliteStore({ file: join(folder.dir, "hub.db") });
  const fence = await takeFence(store);
  stateOf = (name) =>
    createKeyv(
      store,
      () => fence,
      () => ({ ...testOrigin, at: clock.now() }),
      name,
    );
  files = createBlobs({ dir: join(folder.dir, "files"), maxBytes: MAX_BYTES });
  heard = [];
  driver = begin("mos");
  await driver.open({ session: SESSION, tenantId: "local" });
});
afterEach(async () => {
  await driver.close();
  await store.close();
  folder.dispose();
});

/** A life of the hub's side; `name` is whose state it has. */
function begin(name: string): OrchestratorDriver {
  const silent = (): void => {};
  const log = { info: silent, warn: silent, error: silent };
  const context = { alias: "Mos", state: stateOf(name), dataDir: folder.dir, now: clock.now, log, files, mcp: () => undefined };
  const made = createHttpDriver(httpConfig.parse({ driver: "http" }), context, { clock, baseEnv: {} });
  made.onEvent(async (event) => void heard.push(event));
  door.attach(made);
  return made;
}

const mos = () => createClient({ where: () => ({ url: door.url, token: "any" }) }).orchestrator("mos");
const address = (path: string): string => `${door.url}/v1/orchestrators/mos/files${path}`;

async function* content(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The id under which the file of a delivered turn is to be fetched. */
async function offered(attachment: Attachment, attempt = 1): Promise<string> {
  const person = { id: "per_1", name: "Ann", dir: "ann" };
  const turn = { turnId: "t1", session: SESSION, trace: "trc", text: "look", attempt, tenantId: "local", person };
  void driver.deliver({ ...turn, attachments: [attachment] });
  await clock.settled();
  const { deliveries } = await mos().inbox();
  const [delivery] = deliveries.flatMap((one) => (one.type === "turn" ? [one] : []));
  await mos().inbox({ ack: [delivery?.id ?? ""], limit: 0 });
  const [file] = delivery?.attachments ?? [];
  expect(file).toEqual({ id: expect.any(String), name: attachment.name, mime_type: attachment.mimeType, size_bytes: attachment.sizeBytes });
  return file?.id ?? "";
}

test("is given byte for byte, to be saved and never to be shown", async () => {
  const id = await offered(await files.keep(content(BYTES), { name: "plan (1) – ünï.html", mimeType: "text/html" }));
  const response = await fetch(address(`/${id}`));
  expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "application/octet-stream",
    "content-length": `${BYTES.length}`,
    "content-disposition": "attachment; filename*=UTF-8''plan%20%281%29%20%E2%80%93%20%C3%BCn%C3%AF.html",
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cache-control": "no-store",
  });
  expect((await fetch(address(`/${id}`), { method: "HEAD" })).headers.get("content-length")).toBe(`${BYTES.length}`);
  expect(Buffer.from(await new Response(await mos().file(id)).arrayBuffer()).equals(BYTES)).toBe(true);
});

test("is the same in another life of the hub, and when the turn is delivered once more", async () => {
  const kept = await files.keep(content(BYTES), { name: "a.bin" });
  const id = await offered(kept);
  await driver.close();
  driver = begin("mos");
  await driver.open({ session: SESSION, tenantId: "local" });
  expect(Buffer.from(await new Response(await mos().file(id)).arrayBuffer()).equals(BYTES)).toBe(true);
  expect(await offered(kept, 2)).toBe(id);
});

test("is no file of another orchestrator's, nor one that was never offered", async () => {
  const id = await offered(await files.keep(content(BYTES), { name: "a.bin" }));
  await driver.close();
  driver = begin("other");
  await expect(mos().file(id)).rejects.toMatchObject({ status: 404, message: `There is no file ${id}.` });
  for (const odd of ["fil_none", "..", "%2e%2e%2fhub.db", encodeURIComponent(join(folder.dir, "hub.db"))])
    expect((await fetch(address(`/${odd}`))).status, odd).toBe(404);
});

test("can be fetched for thirty days, and then there is no such file", async () => {
  const id = await offered(await files.keep(content(BYTES), { name: "a.bin" }));
  await clock.tick(FETCHED_WITHIN_MS - 1);
  await (await mos().file(id)).cancel();
  await clock.tick(2);
  await expect(mos().file(id)).rejects.toMatchObject({ status: 404, code: "not_found" });
});

test("says so when the hub has its name and no longer what is in it", async () => {
  const kept = await files.keep(content(BYTES), { name: "a.bin" });
  const id = await offered({ ...kept, path: kept.path.replace(/.$/, (last) => (last === "0" ? "1" : "0")) });
  await expect(mos().file(id)).rejects.toMatchObject({ status: 404, message: "There is no file a.bin." });
});

test("is said in a session, once for one key, with its bytes kept", async () => {
  const about = { session: SESSION, name: "../report.pdf" };
  await mos().sendFile(about, BYTES, "k");
  await mos().sendFile(about, BYTES, "k");
  await expect(mos().sendFile(about, randomBytes(8), "k")).rejects.toMatchObject({ status: 422, code: "key_reused" });
  await clock.settled();
  const [said, ...more] = heard.flatMap(({ event }) => (event.type === "file" ? [event.attachment] : []));
  expect(more).toEqual([]);
  expect(said).toMatchObject({ name: "report.pdf", mimeType: "application/pdf", sizeBytes: BYTES.length });
  expect(Buffer.from(await new Response(await files.open(said as Attachment)).arrayBuffer()).equals(BYTES)).toBe(true);
});

test("is refused when it is too large, empty, of no session of its own, or badly named, and then nothing is said", async () => {
  const about = { session: SESSION, name: "a.bin" };
  await expect(mos().sendFile(about, randomBytes(MAX_BYTES + 1))).rejects.toMatchObject({ status: 413, code: "file_too_large" });
  await expect(mos().sendFile(about, new Uint8Array())).rejects.toMatchObject({ status: 400, code: "bad_request" });
  await expect(mos().sendFile({ ...about, session: "agent:mos:chat:b" }, BYTES)).rejects.toMatchObject({ status: 404 });
  for (const query of [
    "",
    `?session=${SESSION}`,
    `?session=nobody&name=a`,
    `?session=${SESSION}&name=`,
    `?session=${SESSION}&name=a&path=b`,
  ])
    expect((await fetch(address(query), { method: "POST", body: "x" })).status, query).toBe(400);
  await clock.settled();
  expect(heard).toEqual([]);
});
