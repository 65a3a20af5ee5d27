/** Search on the console's page: what is found, by whom, how far, and where a hit leads. */
import { Keyv } from "keyv";
import { describe, expect, it } from "vitest";
import type { Caller, Connector } from "../../../src/contract/connector.ts";
import { createConsole } from "../../support/harnesses/console.ts";
import { readPage } from "../../support/page-reader.ts";

const BOB: Caller = { type: "person", personId: "per_bob", name: "Bob", assurance: "platform" };

interface FoundHit {
  readonly path: string;
  readonly id: string;
}

function hitsOf(page: string): FoundHit[] {
  const links = page.matchAll(/href="\/connectors\/console\/(t\/[^"#]*\?around=\d+)#(m\d+)"/g);
  return [...links].map(([, path = "", id = ""]) => ({ path, id }));
}

async function find(connector: Connector, query: string, caller?: Caller): Promise<{ page: string; ids: string[] }> {
  const page = await readPage(connector, `find?${query}`, caller);
  return { page, ids: hitsOf(page).map(({ id }) => id) };
}

async function isOnPage(connector: Connector, { path, id }: FoundHit): Promise<boolean> {
  return (await readPage(connector, path)).includes(`id="${id}"`);
}

describe("what is found", () => {
  it("is in all threads, newest first, and leads to a page of its thread that has it", async () => {
    const connector = createConsole(new Keyv());
    const { threadId = "" } = (await connector.can?.openThread?.({ chatId: "console" }, "e", "Prices")) ?? {};
    for (let n = 1; n <= 400; n += 1)
      await connector.send({
        text: n % 90 === 0 ? `The COFFEE of ${n}` : `text ${n}`,
        threadId: n % 2 === 0 && n > 200 ? threadId : "main",
      });
    const { page, ids } = await find(connector, "q=coffee");
    expect(page).toContain("4 messages with “coffee” in all threads");
    expect(ids).toEqual(["m361", "m271", "m181", "m91"]);
    for (const hit of hitsOf(page)) expect(await isOnPage(connector, hit), hit.path).toBe(true);
    expect(page).toContain("The <mark>COFFEE</mark> of 180");
    expect(page).toContain('<span class="place">Prices</span>');
    const only = await find(connector, "q=coffee&from=main&only=yes");
    expect(only.ids).toEqual(["m181", "m91"]);
    expect(only.page).toContain("in Main.");
  });

  it("has each of the words, in any order, the marks of Markdown apart", async () => {
    const connector = createConsole(new Keyv());
    await connector.send({ text: "**Beans** of the `critical_red`\n> autumn" });
    await connector.send({ text: "only beans" });
    expect((await find(connector, "q=Autumn+beans")).ids).toEqual(["m1"]);
    const { page } = await find(connector, "q=the+critical_red");
    expect(page).toContain("Beans of <mark>the</mark> <mark>critical_red</mark> autumn");
  });

  it("is what a message says now, not what it said", async () => {
    const connector = createConsole(new Keyv());
    const { receipt } = await connector.send({ text: "tea" });
    if (receipt) for (const text of ["coffee at first", "coffee"]) await connector.send({ text, edits: receipt });
    expect((await find(connector, "q=tea")).page).toContain("0 messages");
    expect((await find(connector, "q=first")).page).toContain("0 messages");
    const { page, ids } = await find(connector, "q=coffee");
    expect(page).toContain("1 message with");
    expect(ids).toEqual(["m1"]);
  });

  it("is not what was whispered to somebody else", async () => {
    const connector = createConsole(new Keyv());
    await connector.can?.whisper?.({ chatId: "console" }, "per_bob", "psst coffee");
    expect((await find(connector, "q=coffee")).ids).toEqual([]);
    expect((await find(connector, "q=coffee", BOB)).ids).toEqual(["m1"]);
  });

  it("is masked: a secret that was registered after it was written is neither shown nor found", async () => {
    const connector = createConsole(new Keyv(), undefined, undefined, { hideSecrets: (text) => text.replaceAll("hunter2", "[masked]") });
    await connector.send({ text: "the password is hunter2" });
    expect((await find(connector, "q=hunter2")).ids).toEqual([]);
    const { page, ids } = await find(connector, "q=password");
    expect(ids).toEqual(["m1"]);
    expect(page).toContain("is [masked]");
    expect(page).not.toContain("hunter2");
  });
});

describe("how far", () => {
  it("goes on where it stopped, each message once", async () => {
    const connector = createConsole(new Keyv());
    for (let n = 1; n <= 120; n += 1) await connector.send({ text: `coffee ${n}` });
    const all: string[] = [];
    let query: string | undefined = "q=coffee&from=main";
    let pages = 0;
    while (query !== undefined) {
      const { page, ids }: { page: string; ids: string[] } = await find(connector, query);
      all.push(...ids);
      pages += 1;
      query = /<a href="[^"]*\/find\?([^"]*before=\d+)">Look further back/.exec(page)?.[1]?.replaceAll("&amp;", "&");
    }
    expect(pages).toBe(3);
    expect(all).toEqual(Array.from({ length: 120 }, (_, at) => `m${120 - at}`));
  });

  it("of nothing is the list of threads", async () => {
    const connector = createConsole(new Keyv());
    await expect(readPage(connector, "find?q=++")).rejects.toThrow("303");
  });
});
