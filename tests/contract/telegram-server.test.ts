/** Another Bot API server in Telegram's place, by configuration alone; and what the hub's delivery makes of long texts and lost answers there. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { say } from "../../src/contract/handler.ts";
import { createTelegramBench, ANN, shownIn, type TelegramBench, TOKEN } from "../support/telegram-bench.ts";
import { createDeliveryBench } from "../support/delivery-bench.ts";
import { until } from "../support/hub-process.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function open(): Promise<TelegramBench> {
  const bench = await createTelegramBench();
  ends.push(bench.end);
  return bench;
}

/** A house of one's own: the API behind one path, the files behind another, and nothing else; tells which paths were asked for. */
async function createHouse(bench: TelegramBench): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? "").replaceAll(TOKEN, "TOKEN");
    asked.push(path);
    const inside = (request.url ?? "").replace(/^\/api\/bot/, "/bot").replace(/^\/kept\/bot/, "/file/bot");
    if (inside === request.url) return void response.writeHead(404).end();
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const headers = { "content-type": request.headers["content-type"] ?? "application/json" };
      const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
      const answered = fetch(`${bench.fake.url}${inside}`, { method: request.method ?? "GET", headers, ...(body && { body }) });
      void answered.then(
        async (answer) => response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer())),
        () => response.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test("the API and its files each have an address of their own", async () => {
  const bench = await open();
  const house = await createHouse(bench);
  const { connector, messages } = await bench.connect({ api_root: `${house.url}/api/`, file_root: `${house.url}/kept` });
  const file = { file_id: "id-plan", file_name: "plan.txt", mime_type: "text/plain", bytes: Buffer.from("the plan") };
  bench.fake.world.say(bench.direct.id, ANN, "look", { file });
  await until("it has come", () => messages.length === 1);
  expect(bench.files.kept).toEqual([{ name: "plan.txt", text: "the plan" }]);
  expect(await connector.send({ text: "seen" })).toMatchObject({ delivered: true });
  expect(house.asked.filter((path) => !path.startsWith("/api/botTOKEN/"))).toEqual([expect.stringMatching(/^\/kept\/botTOKEN\/.+/)]);
});

test("the menu is set once, and again only where it has changed", async () => {
  const bench = await open();
  const menus = () => bench.fake.calls.filter(({ method }) => method === "setMyCommands").length;
  const first = await bench.connect();
  await until("it is set", () => menus() === 1);
  await until("that it is set is kept", async () => (await bench.state.get("commands")) !== undefined);
  await first.connector.close();
  const asked = bench.fake.calls.length;
  await bench.connect();
  const looked = () => bench.fake.calls.slice(asked).some(({ method }) => method === "getChatMember");
  await until("the account was looked at", looked);
  const third = await bench.connect();
  await third.connector.send({ text: "here again" });
  expect(menus()).toBe(1);
});

test("10,000 letters full of nested marks come whole, in messages Telegram takes, each with its marks", async () => {
  const bench = await open();
  const { connector } = await bench.connect();
  const delivery = await createDeliveryBench({ chat: connector });
  ends.push(delivery.dispose);
  const piece = (at: number): string => `**bold ${at} _and italic 🦊 with [a link](https://example.internal/${at})_ <b>&amp;</b>** plain`;
  const pieces: string[] = [];
  while (pieces.join("\n\n").length < 10_000) pieces.push(piece(pieces.length));
  const address = { account: "chat", chat: String(bench.forum.id) };
  await delivery.write(say({ address, trace: "trc_1", text: pieces.join("\n\n"), urgency: "reply" }).write);
  await until("all of it has left", async () => {
    await delivery.clock.tick(1000);
    return (await delivery.life().journal.store.count("outbox", { state: "sent" })) === 1;
  });
  const shown = shownIn(bench.forum);
  expect(shown.length).toBeGreaterThan(1);
  for (const { text, entities } of shown) {
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(new Set(entities.map(({ type }) => type))).toEqual(new Set(["bold", "italic", "text_link"]));
    for (const { offset, length } of entities) expect(offset + length).toBeLessThanOrEqual(text.length);
  }
  const words = shown.map(({ text }) => text).join("\n\n");
  const seen = [...words.matchAll(/bold (\d+) and italic 🦊 with a link <b>&<\/b> plain/g)].map(([, at]) => Number(at));
  expect(seen).toEqual(pieces.map((_, at) => at));
  expect(shown.flatMap(({ entities }) => entities.filter(({ type }) => type === "text_link"))).toHaveLength(pieces.length);
});
