/** Files of the console over HTTP: sent up, sent with a message, fetched; by whom, and what is refused. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Keyv } from "keyv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBlobs } from "../../../src/blobs/blobs.ts";
import type { Caller, Connector, Files } from "../../../src/contract/connector.ts";
import type { Ack, InboundMessage } from "../../../src/contract/message.ts";
import { UNSENT_MS } from "../../../connectors/console/files.ts";
import { createUnsent } from "../../../connectors/console/page/unsent.ts";
import { call, createConsole, post } from "../../support/harnesses/console.ts";
import { until } from "../../support/hub-process.ts";
import { temporaryFolder } from "../../support/stores.ts";

const BOB: Caller = { type: "person", personId: "per_bob", name: "Bob", assurance: "platform" };
const NOBODY: Caller = { type: "nobody" };
const MAX_BYTES = 100_000;

interface Kept {
  readonly id: string;
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
}

let dir: string;
let dispose: () => void;
let state: Keyv;
let files: Files;
let connector: Connector;
let taken: InboundMessage[];
let answer: () => Ack;
beforeEach(() => {
  ({ dir, dispose } = temporaryFolder());
  state = new Keyv();
  files = createBlobs({ dir, maxBytes: MAX_BYTES });
  taken = [];
  answer = () => ({ type: "accepted", trace: `trc_${taken.length}` });
  connector = createConsole(state, { kind: "console", keep_entries: 100 }, files);
  connector.subscribe(async (message) => {
    taken.push(message);
    return answer();
  });
});
afterEach(() => dispose());

function formOf(...parts: (readonly [name: string, content: string | Uint8Array<ArrayBuffer>, type?: string])[]): FormData {
  const form = new FormData();
  for (const [name, content, type] of parts) form.append("file", new File([content], name, type === undefined ? {} : { type }));
  return form;
}
const upload = (form: FormData, caller?: Caller): Promise<Response> => call(connector, "files", { method: "POST", body: form }, caller);
async function uploaded(name: string, content: string | Uint8Array<ArrayBuffer>, caller?: Caller): Promise<Kept> {
  const response = await upload(formOf([name, content]), caller);
  expect(response.status).toBe(201);
  const [file] = ((await response.json()) as { files: Kept[] }).files;
  if (file === undefined) throw new Error("nothing was kept");
  return file;
}
async function fetchFile(id: string, caller?: Caller): Promise<Response> {
  const response = await call(connector, `files/${id}`, {}, caller);
  return new Response(await response.arrayBuffer(), response);
}
const say = (ids: readonly string[], clientId = "c1", caller?: Caller): Promise<Response> =>
  post(connector, "messages", { text: "see this", files: ids, clientId }, caller);
async function messages(caller?: Caller): Promise<{ text: string; attachments?: Kept[] }[]> {
  return (
    (await (await call(connector, "threads/main?limit=200", {}, caller)).json()) as { messages: { text: string; attachments?: Kept[] }[] }
  ).messages;
}

describe("a file", () => {
  it("is sent up, goes with a message, and comes back with the same bytes for everybody who sees it", async () => {
    const bytes = new Uint8Array(70_000).map((_, at) => at * 7);
    const file = await uploaded("Büro – plan.pdf", bytes);
    expect(file).toMatchObject({ name: "Büro – plan.pdf", mimeType: "application/pdf", sizeBytes: 70_000 });
    expect((await say([file.id])).status).toBe(202);
    expect(taken[0]?.attachments).toEqual([expect.objectContaining({ name: file.name, mimeType: file.mimeType, sizeBytes: 70_000 })]);
    expect((await messages(BOB))[0]?.attachments).toEqual([file]);
    const response = await fetchFile(file.id, BOB);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/pdf",
      "content-length": "70000",
      "content-disposition": `attachment; filename="B_ro _ plan.pdf"; filename*=UTF-8''B%C3%BCro%20%E2%80%93%20plan.pdf`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
    });
  });

  it("goes with others in one form, in their order", async () => {
    const response = await upload(formOf(["b.txt", "b"], ["a.txt", "a"], ["", ""]));
    expect(((await response.json()) as { files: Kept[] }).files.map(({ name }) => name)).toEqual(["b.txt", "a.txt"]);
  });

  it.each([
    ["shop.png", "image/png", "inline"],
    ["photo.jpg", "image/jpeg", "inline"],
    ["drawing.svg", "image/svg+xml", "attachment"],
    ["page.html", "text/html", "attachment"],
    ["unknown", "application/octet-stream", "attachment"],
  ])("%s (%s) is shown as %s", async (name, type, how) => {
    const { id } = await uploaded(name, "<script>alert(1)</script>");
    const { headers } = await fetchFile(id);
    expect([headers.get("content-type"), headers.get("content-disposition")?.split(";")[0]]).toEqual([type, how]);
  });

  it("never gets its name into a header unescaped", async () => {
    const { id, name } = await uploaded(`a"; x="\u202Ey'(1)*.txt`, "x");
    // The form's own way to write a quotation mark.
    expect(name).toBe("a%22; x=%22y'(1)_.txt");
    expect((await fetchFile(id)).headers.get("content-disposition")).toBe(
      `attachment; filename="a_22; x=_22y'(1)_.txt"; filename*=UTF-8''a%2522%3B%20x%3D%2522y%27%281%29_.txt`,
    );
  });

  it("is on the disk while it still comes", async () => {
    let more: ReadableStreamDefaultController<Uint8Array> | undefined;
    const head = `--x\r\ncontent-disposition: form-data; name="file"; filename="slow.bin"\r\n\r\n`;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (more = controller) });
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const answering = call(connector, "files", { method: "POST", body, headers, duplex: "half" } as RequestInit);
    more?.enqueue(Buffer.from(head + "y".repeat(50_000)));
    const incoming = join(dir, "incoming");
    const sizes = (): number[] => readdirSync(incoming).map((name) => statSync(join(incoming, name)).size);
    await until("the first half is written", () => readdirSync(dir).includes("incoming") && sizes().some((size) => size > 40_000));
    more?.enqueue(Buffer.from(`${"z".repeat(10)}\r\n--x--\r\n`));
    more?.close();
    expect(await (await answering).json()).toMatchObject({ files: [{ name: "slow.bin", sizeBytes: 50_010 }] });
  });
});

describe("of the hub", () => {
  async function* content(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("# Menu");
  }

  it("a file is shown and given, and the same send shows it once", async () => {
    const menu = await files.keep(content(), { name: "menu.md" });
    const message = { text: "", attachments: [menu], idempotencyKey: "out_1" };
    expect(await connector.send(message)).toMatchObject({ delivered: true });
    await connector.send(message);
    const shown = await messages();
    expect(shown).toHaveLength(1);
    expect(shown[0]?.attachments).toEqual([{ id: expect.any(String), name: "menu.md", mimeType: "text/markdown", sizeBytes: 6 }]);
    expect(await (await fetchFile(shown[0]?.attachments?.[0]?.id ?? "")).text()).toBe("# Menu");
    expect(JSON.stringify(shown), "where it lies is nobody's business").not.toContain(dir);
  });

  it("a file goes when its message does", async () => {
    await connector.send({ text: "", attachments: [await files.keep(content(), { name: "menu.md" })] });
    const id = (await messages())[0]?.attachments?.[0]?.id ?? "";
    expect((await fetchFile(id)).status).toBe(200);
    for (let n = 0; n < 101; n += 1) await connector.send({ text: `${n}` });
    await connector.close();
    expect((await fetchFile(id)).status).toBe(404);
  });

  it("a file that is gone from the disk is not found", async () => {
    const { id } = await uploaded("a.txt", "a");
    connector = createConsole(state, undefined, createBlobs({ dir: join(dir, "empty"), maxBytes: 1 }));
    expect((await fetchFile(id)).status).toBe(404);
  });
});

describe("who may have it", () => {
  it("before it is sent only who sent it up, and nobody else sends it", async () => {
    const { id } = await uploaded("draft.txt", "mine");
    expect((await fetchFile(id)).status).toBe(200);
    expect((await fetchFile(id, BOB)).status).toBe(404);
    expect((await fetchFile(id, NOBODY)).status).toBe(401);
    const stolen = await say([id], "c1", BOB);
    expect([stolen.status, taken]).toEqual([400, []]);
  });

  it("not a stranger, and nothing of theirs is kept", async () => {
    expect((await upload(formOf(["a.txt", "a"]), NOBODY)).status).toBe(401);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("goes with one message alone, however often that is sent", async () => {
    const { id } = await uploaded("a.txt", "a");
    expect((await say([id])).status).toBe(202);
    expect((await say([id])).status).toBe(202);
    expect((await say([id], "c2")).status).toBe(400);
    expect(await messages()).toHaveLength(1);
  });

  it("stays with its sender when the hub refused the message, to be sent again", async () => {
    const { id } = await uploaded("a.txt", "a");
    answer = () => ({ type: "refused", privateText: "not now" });
    expect((await say([id])).status).toBe(403);
    expect((await fetchFile(id, BOB)).status).toBe(404);
    answer = () => ({ type: "accepted", trace: "t" });
    expect((await say([id], "c2")).status).toBe(202);
    expect((await fetchFile(id, BOB)).status).toBe(200);
  });
});

describe("refused is", () => {
  it.each(["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "%00", "x".repeat(5000), "a".repeat(31), "..", "ABCDEF".repeat(6)])(
    "the id %s",
    async (id) => {
      const response = await fetchFile(id);
      expect([400, 404]).toContain(response.status);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
    },
  );

  it("a file too large, in words, and those beside it are not named", async () => {
    const response = await upload(formOf(["ok.txt", "ok"], ["big.iso", "x".repeat(MAX_BYTES + 1)]));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      code: "file_too_large",
      title: 'The file "big.iso" is larger than 97.7 KiB, the most that is taken.',
    });
    expect(readdirSync(join(dir, "incoming"))).toEqual([]);
  });

  it.each([
    ["no form", "text/plain", "x"],
    ["a form without a boundary", "multipart/form-data", "x"],
    [
      "a form that breaks off",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="f"; filename="a"\r\n\r\nhalf',
    ],
    ["a form without a file", "multipart/form-data; boundary=x", '--x\r\ncontent-disposition: form-data; name="f"\r\n\r\na\r\n--x--\r\n'],
    ["rubbish", "multipart/form-data; boundary=x", "rubbish"],
  ])("%s", async (_what, type, body) => {
    const response = await call(connector, "files", { method: "POST", body, headers: { "content-type": type } });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, "bad_request"]);
  });

  it("a form whose sender goes away, and nothing half stays", async () => {
    const head = `--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhalf`;
    let sent = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) throw new Error("gone");
        sent = true;
        controller.enqueue(Buffer.from(head));
      },
    });
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const response = await call(connector, "files", { method: "POST", body, headers, duplex: "half" } as RequestInit);
    expect(response.status).toBe(400);
    expect(readdirSync(join(dir, "incoming"))).toEqual([]);
  });

  it("every form that is cut short, at whatever byte", async () => {
    const part = (name: string): string =>
      `--x\r\ncontent-disposition: form-data; name="f"${name}\r\ncontent-type: text/plain\r\n\r\nab\r\n`;
    const whole = `${part("")}${part('; filename="a"')}${part('; filename=""')}${part('; filename="b"')}--x--\r\n`;
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    for (let length = 0; length < whole.length - "--\r\n".length; length += 1) {
      const response = await call(connector, "files", { method: "POST", body: whole.slice(0, length), headers });
      expect(response.status, `cut after ${length} bytes`).toBe(400);
    }
    expect((await call(connector, "files", { method: "POST", body: whole, headers })).status).toBe(201);
    expect(readdirSync(join(dir, "incoming"))).toEqual([]);
  });

  it("more files than a message has", async () => {
    expect((await upload(formOf(...Array.from({ length: 21 }, (_, n) => [`${n}.txt`, "x"] as const)))).status).toBe(400);
    expect((await say(Array.from({ length: 21 }, () => "a".repeat(32)))).status).toBe(400);
  });
});

it("a form without script sends words and files at once", async () => {
  const form = formOf(["plan.pdf", "%PDF"], ["", ""]);
  for (const [name, value] of Object.entries({ text: "see this", thread: "main", form: "f1" })) form.append(name, value);
  const headers = { accept: "text/html" };
  const response = await call(connector, "say", { method: "POST", body: form, headers });
  expect(response.status).toBe(303);
  expect(taken[0]).toMatchObject({ text: "see this", attachments: [{ name: "plan.pdf", sizeBytes: 4 }] });
});

describe("a message", () => {
  const send = (body: object): Promise<Response> => post(connector, "messages", { clientId: "alone", ...body });

  it("may be files alone", async () => {
    const { id } = await uploaded("alone.txt", "alone");
    expect((await send({ files: [id] })).status).toBe(202);
    expect(taken[0]).toMatchObject({ text: "", attachments: [{ name: "alone.txt" }] });
  });

  it.each([{}, { text: "" }, { text: " \n", files: [] }])("with neither is refused: %j", async (body) => {
    const response = await send(body);
    expect([response.status, ((await response.json()) as { title: string }).title]).toEqual([
      400,
      expect.stringContaining("neither a text nor a file"),
    ]);
  });
});

describe("what is sent up and goes with no message", () => {
  it("has an end for each person, said aloud; sending it makes room", async () => {
    const large = new Uint8Array(MAX_BYTES);
    const kept: Kept[] = [];
    for (let count = 0; count < 9; count += 1) kept.push(await uploaded(`${count}.bin`, large));
    const refused = await upload(formOf(["more.bin", large]));
    expect([refused.status, await refused.json()]).toMatchObject([
      429,
      { code: "unsent_files", title: expect.stringContaining("9 files") },
    ]);
    await uploaded("bobs.bin", large, BOB);
    expect((await say(kept.map(({ id }) => id))).status).toBe(202);
    await uploaded("more.bin", large);
  });

  it("counts while it is on its way, and for a day", async () => {
    let at = 0;
    const unsent = createUnsent(new Keyv(), () => at);
    const room = (keep = async (): Promise<void> => {}): Promise<void> => unsent.withRoom("ada", 1000, keep);
    for (let count = 0; count < 99; count += 1) await unsent.add("ada", { id: `${count}`, sizeBytes: 1 });
    await room(() => expect(room()).rejects.toMatchObject({ code: "unsent_files" }));
    await room();
    await unsent.add("ada", { id: "last", sizeBytes: 1 });
    await expect(room()).rejects.toMatchObject({ code: "unsent_files" });
    at = UNSENT_MS;
    await room();
  });
});
