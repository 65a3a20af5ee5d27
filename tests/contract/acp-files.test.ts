/** Files to and from an agent, over real processes: the rehearsal, which sees pictures and reads text, and an agent that can do neither. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { Attachment } from "../../src/contract/message.ts";
import { acpAgent, type Bench, createBenches } from "../support/driver-bench.ts";

const benches = createBenches();
afterAll(() => benches.clear());

const rehearsal = (): Promise<Bench> => benches.make({ driver: "rehearsal", pace_ms: 1 });
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 255]);

async function keep(bench: Bench, name: string, content: string | Buffer): Promise<Attachment> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(content);
  }
  return bench.files.keep(bytes(), { name });
}

async function tell(bench: Bench, text: string, attachments: readonly Attachment[], turnId = "turn-x"): Promise<void> {
  await bench.open("a");
  expect(await bench.deliver("a", text, { attachments, turnId })).toEqual({ outcome: "accepted" });
  await bench.until("a", "turn_end", (event) => event.turnId === turnId);
}

const lastPrompt = (bench: Bench): { files: object[] } =>
  JSON.parse(
    readFileSync(join(bench.dir, "agents", "rehearsal-ledger.jsonl"), "utf8")
      .trim()
      .split("\n")
      .findLast((line) => line.includes('"prompt"')) ?? "",
  );
const filesOf = (bench: Bench): Attachment[] => bench.of("a").flatMap((event) => (event.type === "file" ? [event.attachment] : []));
const noticesOf = (bench: Bench): string[] => bench.of("a").flatMap((event) => (event.type === "notice" ? [event.text] : []));

describe("to the agent", () => {
  test("a picture is seen, a text is read, anything else is linked; all are copies in its workspace", async () => {
    const bench = await rehearsal();
    const attachments = [
      await keep(bench, "shop.png", PICTURE),
      await keep(bench, "menu.md", "# Menü"),
      await keep(bench, "plan.pdf", "%PDF"),
      await keep(bench, "MENU.md", "another"),
      await keep(bench, "broken.txt", Buffer.from([0xff, 0xfe, 0xff])),
    ];
    await tell(bench, "hello", attachments);
    expect(lastPrompt(bench).files).toEqual([
      { name: "shop.png", mimeType: "image/png", sizeBytes: 10, as: "image" },
      { name: "menu.md", mimeType: "text/markdown", sizeBytes: 7, as: "text" },
      { name: "plan.pdf", mimeType: "application/pdf", sizeBytes: 4, as: "link" },
      { name: "MENU-2.md", mimeType: "text/markdown", sizeBytes: 7, as: "text" },
      { name: "broken.txt", mimeType: "text/plain", sizeBytes: 3, as: "link" },
    ]);
    const folder = join(bench.dir, "agents", "workspace", "attachments", "turn-x");
    expect(readdirSync(folder).sort()).toEqual(["MENU-2.md", "broken.txt", "menu.md", "plan.pdf", "shop.png"]);
    expect(readFileSync(join(folder, "shop.png"))).toEqual(PICTURE);
    expect(bench.text("a")).toContain("- plan.pdf (application/pdf, 4 bytes)");
  });

  test("what is too large to be put into a prompt is linked", async () => {
    const bench = await benches.make({ driver: "rehearsal", pace_ms: 1 }, { fileBytes: 20 * 1024 * 1024 });
    const [large, long] = [
      await keep(bench, "large.png", Buffer.alloc(5 * 1024 * 1024 + 1)),
      await keep(bench, "long.txt", "x".repeat(200_000)),
    ];
    const pictures = await Promise.all(["a", "b", "c"].map((name) => keep(bench, `${name}.png`, Buffer.alloc(4 * 1024 * 1024, name))));
    await tell(bench, "hello", [large, long, ...pictures]);
    expect(lastPrompt(bench).files.map((file) => ("as" in file ? file.as : ""))).toEqual(["link", "link", "image", "image", "link"]);
  });

  test("an agent that takes neither pictures nor text gets links", async () => {
    const bench = await benches.make(acpAgent("plain"));
    await tell(bench, "facts", [await keep(bench, "shop.png", PICTURE), await keep(bench, "menu.md", "# Menu")]);
    const { prompt } = JSON.parse(bench.text("a")) as { prompt: { type: string; uri?: string }[] };
    expect(prompt.map(({ type }) => type)).toEqual(["text", "resource_link", "resource_link"]);
    expect(readFileSync(fileURLToPath(prompt[1]?.uri ?? ""))).toEqual(PICTURE);
  });

  test("a workspace whose attachments lead elsewhere is not written through; the agent is told where the hub's file is", async () => {
    const bench = await rehearsal();
    const elsewhere = join(bench.dir, "elsewhere");
    mkdirSync(elsewhere);
    mkdirSync(join(bench.dir, "agents", "workspace"), { recursive: true });
    symlinkSync(elsewhere, join(bench.dir, "agents", "workspace", "attachments"));
    const file = await keep(bench, "plan.pdf", "%PDF");
    await tell(bench, "hello", [file]);
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(lastPrompt(bench).files).toEqual([expect.objectContaining({ name: file.path.slice(-64), sizeBytes: 4 })]);
    expect(bench.logged.join()).toContain("could not be copied");
  });

  test("a file the hub no longer has ends the turn with a word, and the next one goes on", async () => {
    const bench = await rehearsal();
    const file = await keep(bench, "gone.pdf", "%PDF");
    rmSync(file.path);
    await bench.open("a");
    expect(await bench.deliver("a", "hello", { attachments: [file] })).toEqual({
      outcome: "rejected",
      reason: "There is no file gone.pdf.",
    });
    expect(await bench.talk("a", "still there?")).toContain("Echo: still there?");
  });
});

describe("from the agent", () => {
  test("a file of its workspace is kept, in its place between the words", async () => {
    const bench = await rehearsal();
    await tell(bench, "file", []);
    const [menu] = filesOf(bench);
    expect(menu).toMatchObject({ name: "menu.md", mimeType: "text/markdown" });
    expect(readFileSync(menu?.path ?? "", "utf8")).toContain("# Menu");
    expect(bench.of("a").map(({ type }) => type)).toEqual(["text_delta", "file", "text_delta", "usage", "turn_end"]);
  });

  test("what it was given comes back with the same bytes, whichever way it came", async () => {
    const bench = await rehearsal();
    const given = [await keep(bench, "shop.png", PICTURE), await keep(bench, "menu.md", "# Menü"), await keep(bench, "plan.pdf", "%PDF")];
    await tell(bench, "file", given);
    expect(filesOf(bench)).toEqual(given);
    const hash = createHash("sha256")
      .update(readFileSync(given[0]?.path ?? ""))
      .digest("hex");
    expect(given[0]?.path.endsWith(hash)).toBe(true);
  });

  test("nothing outside its workspace, links followed, is sent; people are told", async () => {
    const bench = await rehearsal();
    const secret = join(bench.dir, "secret.txt");
    writeFileSync(secret, "secret");
    await bench.talk("a", "hello");
    symlinkSync(secret, join(bench.dir, "agents", "workspace", "innocent.txt"));
    for (const path of [secret, "../../secret.txt", "innocent.txt", "/etc/passwd", "absent.txt"]) await bench.talk("a", `file ${path}`);
    expect(filesOf(bench)).toEqual([]);
    expect(noticesOf(bench)).toHaveLength(5);
    expect(noticesOf(bench)[2]).toBe("Mos wanted to send innocent.txt, which was not sent: it is no file in its workspace");
    expect(existsSync(join(bench.dir, "files")) ? readdirSync(join(bench.dir, "files")) : []).toEqual([]);
  });

  test("a file that is too large is not sent; people are told with the limit", async () => {
    const bench = await benches.make({ driver: "rehearsal", pace_ms: 1 }, { fileBytes: 1024 });
    await bench.talk("a", "hello");
    writeFileSync(join(bench.dir, "agents", "workspace", "big.bin"), Buffer.alloc(1025));
    await bench.talk("a", "file big.bin");
    expect(noticesOf(bench)).toEqual([
      'Mos wanted to send big.bin, which was not sent: The file "big.bin" is larger than 1 KiB, the most that is taken.',
    ]);
  });
});
