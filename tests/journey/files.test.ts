/** Files both ways over the started program and a real agent process: sent up, given to the agent, back from it, and fetched. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runFile } from "../../src/cli/hub-client.ts";
import { createHubProcess, type HubProcess, type Said, until } from "../support/hub-process.ts";

const FILE_BYTES = 200_000;

interface Kept {
  readonly id: string;
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
}
interface Message {
  readonly from: string;
  readonly text: string;
  readonly attachments?: readonly Kept[];
}

let hub: HubProcess;
let bob: string;
beforeAll(async () => {
  hub = await createHubProcess();
  const people = "operators: [{ name: Bob, roles: [operator] }, { name: Vic, roles: [viewer] }]";
  writeFileSync(join(hub.dataDir, "hub.yaml"), `limits: { file_bytes: ${FILE_BYTES} }\n${people}\n`);
  await hub.start();
  bob = await tokenOf("Bob", "read,chat");
});
afterAll(() => hub.end());

async function tokenOf(person: string, scope: string): Promise<string> {
  const [made] = (await hub.cli("token", "create", "test", "--person", person, "--scope", scope)).events;
  return String(made?.["token"]);
}

/** The local token is another after every start. */
const running = (): { url: string; token: string; pid: number } =>
  runFile.parse(JSON.parse(readFileSync(join(hub.dataDir, "run.json"), "utf8")));
function face(path: string, init: RequestInit = {}, token?: string): Promise<Response> {
  const { url, token: local } = running();
  return fetch(`${url}/connectors/console/${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${token ?? local}` } });
}
function upload(name: string, content: Uint8Array<ArrayBuffer> | string, token?: string): Promise<Response> {
  const form = new FormData();
  form.append("file", new File([content], name));
  return face("files", { method: "POST", body: form }, token);
}
async function uploaded(name: string, content: Uint8Array<ArrayBuffer> | string, token?: string): Promise<Kept> {
  const response = await upload(name, content, token);
  const { files } = (await response.json()) as { files: Kept[] };
  if (files[0] === undefined) throw new Error(`nothing was kept: ${response.status}`);
  return files[0];
}
const post = (text: string, files: readonly Kept[], { thread, token }: { thread: string; token?: string }): Promise<Response> =>
  face(
    "messages",
    {
      method: "POST",
      body: JSON.stringify({ text, thread, files: files.map(({ id }) => id), clientId: `${thread}-${text}`.replaceAll(" ", "-") }),
      headers: { "content-type": "application/json" },
    },
    token,
  );
async function messagesOf(thread: string): Promise<Message[]> {
  const response = await face(`threads/${thread}?limit=200`);
  return response.ok ? ((await response.json()) as { messages: Message[] }).messages : [];
}
/** Files the hub has shown in the thread so far. */
const filesFromHub = async (thread: string): Promise<Kept[]> =>
  (await messagesOf(thread)).filter(({ from }) => from === "hub").flatMap(({ attachments = [] }) => attachments);
async function bytesOf({ id }: Kept, token?: string): Promise<Buffer> {
  const response = await face(`files/${id}`, {}, token);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}
const ledger = (): { event: string; text?: string; files?: object[] }[] => {
  const file = join(hub.dataDir, "agents", "rehearsal-ledger.jsonl");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
};
const workspace = (): string => join(hub.dataDir, "agents", "workspace");

test("a file goes up, reaches the agent, comes back and is fetched with the same bytes, also by another who sees it", async () => {
  const bytes = new Uint8Array(randomBytes(150_000));
  const [plan, notes] = [await uploaded("plan.pdf", bytes), await uploaded("notes.md", "# Notizen\n")];
  expect((await post("file", [plan, notes], { thread: "there-and-back" })).status).toBe(202);
  await until("both are back", async () => (await filesFromHub("there-and-back")).length === 2);
  expect(ledger().find(({ text }) => text === "file")?.files).toEqual([
    { name: "plan.pdf", mimeType: "application/pdf", sizeBytes: 150_000, as: "link" },
    { name: "notes.md", mimeType: "text/markdown", sizeBytes: 10, as: "text" },
  ]);
  const [first] = await messagesOf("there-and-back");
  expect(first).toMatchObject({ from: "person", attachments: [plan, notes] });
  const [back, notesBack] = await filesFromHub("there-and-back");
  if (back === undefined || notesBack === undefined) throw new Error("both were there");
  // The file's own policy, not the one of the hub's pages: nothing in it ever runs.
  const { headers } = await face(`files/${back.id}`);
  expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-disposition")).toMatch(/^attachment;/);
  expect([back.name, notesBack.name]).toEqual(["plan.pdf", "notes.md"]);
  expect(await bytesOf(back, bob)).toEqual(Buffer.from(bytes));
  expect(await bytesOf(plan, bob)).toEqual(Buffer.from(bytes));
});

test("the terminal says that a file came, its name and its size", async () => {
  const said: Said = await hub.cli("chat", "--once", "file", "--thread", "terminal");
  expect(said.events).toEqual(
    expect.arrayContaining([expect.objectContaining({ type: "file", file: expect.objectContaining({ name: "menu.md" }) })]),
  );
  expect(said.events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
});

test("killed between the file and its message: the file is still there, and is sent", async () => {
  const bytes = new Uint8Array(randomBytes(30_000));
  const file = await uploaded("before.bin", bytes);
  await hub.kill();
  await hub.start();
  expect(await bytesOf(file)).toEqual(Buffer.from(bytes));
  expect((await post("file", [file], { thread: "killed" })).status).toBe(202);
  await until("it is back", async () => (await filesFromHub("killed")).length === 1);
});

test("killed while the agent has the file: it is given again, marked", async () => {
  const file = await uploaded("work.bin", "work");
  expect((await post("slow 2", [file], { thread: "mid-turn" })).status).toBe(202);
  await until("the agent has it", () => ledger().some(({ text, files }) => text === "slow 2" && files?.length === 1));
  await hub.kill();
  await hub.start();
  await until("the agent has it again", () =>
    ledger().some(({ text = "", files }) => text.startsWith("[delivered again") && files?.length === 1),
  );
  const [again] = ledger().filter(({ text = "" }) => text.startsWith("[delivered again"));
  expect(again?.files).toEqual([{ name: "work.bin", mimeType: "application/octet-stream", sizeBytes: 4, as: "link" }]);
});

describe("only whom it concerns", () => {
  test("a stranger has nothing and leaves nothing", async () => {
    const { url } = running();
    const file = await uploaded("mine.txt", "mine");
    expect((await fetch(`${url}/connectors/console/files/${file.id}`)).status).toBe(401);
    const form = new FormData();
    form.append("file", new File(["theirs"], "theirs.txt"));
    expect((await fetch(`${url}/connectors/console/files`, { method: "POST", body: form })).status).toBe(401);
    const hash = createHash("sha256").update("theirs").digest("hex");
    expect(existsSync(join(hub.dataDir, "files", hash.slice(0, 2), hash))).toBe(false);
  });

  test("another person has it once it is sent, and not before", async () => {
    const file = await uploaded("draft.txt", "draft");
    expect((await face(`files/${file.id}`, {}, bob)).status).toBe(404);
    expect((await post("mine now", [file], { thread: "stolen", token: bob })).status).toBe(400);
    await post("look", [file], { thread: "shared" });
    expect((await bytesOf(file, bob)).toString()).toBe("draft");
  });

  test("who may only read sends nothing up", async () => {
    const reader = await tokenOf("Bob", "read");
    const viewer = await tokenOf("Vic", "read,chat");
    for (const token of [reader, viewer]) expect((await upload("a.txt", "a", token)).status).toBe(403);
  });
});

const MIB = 1024 * 1024;

/** The most memory the hub has had, in bytes; Linux tells. */
function memoryOfHub(): number {
  const [, kib = ""] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${running().pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}

/** A form whose file goes on for 200 MiB, or until the hub has answered and hung up. Gives the answer's status. */
function flood(headers: Record<string, string>): Promise<number> {
  const { url, token } = running();
  const chunk = Buffer.alloc(256 * 1024, "x");
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/connectors/console/files`, { method: "POST", headers: { ...headers, authorization: `Bearer ${token}` } });
    let status: number | undefined;
    asked.on("response", (response) => {
      status = response.statusCode;
      response.resume();
      resolve(status ?? 0);
      asked.destroy();
    });
    asked.on("error", (error) => (status === undefined ? reject(error) : resolve(status)));
    asked.write('--edge\r\ncontent-disposition: form-data; name="file"; filename="flood.bin"\r\n\r\n');
    let left = 200 * MIB;
    const go = (): void => {
      while (left > 0 && !asked.destroyed) {
        left -= chunk.length;
        if (!asked.write(chunk)) return void asked.once("drain", go);
      }
      asked.end("\r\n--edge--\r\n");
    };
    go();
  });
}

describe("refused is", () => {
  /** As an attacker writes it: `fetch` would tidy the path first. */
  function raw(path: string): Promise<number> {
    const { url, token } = running();
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const asked = request({ hostname, port, path, headers: { authorization: `Bearer ${token}` } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on("error", reject).end();
    });
  }

  test.each([
    "files/..%2f..%2fhub.db",
    "files/../../hub.db",
    "files/%2e%2e/%2e%2e/run.json",
    "files/%2fetc%2fpasswd",
    "files//etc/passwd",
    "files/%00",
    "files/%",
    `files/${"a".repeat(8000)}`,
    `files/${"a".repeat(32)}`,
    "files/..\\..\\run.json",
  ])("the path %s", async (path) => expect([400, 404]).toContain(await raw(`/connectors/console/${path}`)));

  test("a file too large, in words and with the limit", async () => {
    const response = await upload("big.iso", "x".repeat(FILE_BYTES + 1));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      code: "file_too_large",
      title: 'The file "big.iso" is larger than 195.3 KiB, the most that is taken.',
    });
    expect(readdirSync(join(hub.dataDir, "files", "incoming"))).toEqual([]);
  });

  test.each([
    ["in one piece that says its length", { "content-length": String(200 * MIB) }],
    ["in pieces without a length", { "transfer-encoding": "chunked" }],
  ])("200 MiB %s, and the hub's memory stays as it is", async (_how, headers) => {
    await uploaded("before.txt", "so that the folder is there");
    const before = memoryOfHub();
    const status = await flood({ ...headers, "content-type": "multipart/form-data; boundary=edge" });
    expect(status).toBe(413);
    expect(memoryOfHub() - before).toBeLessThan(60 * MIB);
    expect(readdirSync(join(hub.dataDir, "files", "incoming"))).toEqual([]);
  });

  test("what the agent would send from outside its workspace; the thread is told", async () => {
    symlinkSync(join(hub.dataDir, "run.json"), join(workspace(), "innocent.txt"));
    for (const path of ["/etc/passwd", "../../run.json", "innocent.txt"]) {
      const said = await hub.cli("chat", "--once", `file ${path}`, "--thread", "escape");
      expect(said.events.filter(({ type }) => type === "file")).toEqual([]);
      expect(JSON.stringify(said.events)).toContain("which was not sent: it is no file in its workspace");
    }
    expect(await filesFromHub("escape")).toEqual([]);
  });
});
