/** A program of a fleet that knows three verbs and nothing of a hub. Its types are its own; nothing of the contract is imported. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { KIND_DEFAULTS, KNOWN_CONNECTOR_KINDS, registerAll } from "../../connectors/index.ts";
import { createFakeHomeserver } from "../../connectors/matrix/fake/server.ts";
import { shownIn } from "../../connectors/matrix/fake/rooms.ts";
import type { Relation } from "../../connectors/matrix/fake/shapes.ts";
import { systemClock } from "../../src/clock.ts";
import { createRegistry, type Registry } from "../../src/registry.ts";

interface FleetConnector {
  send(message: {
    text: string;
    threadId?: string;
    attachments?: { name: string; mimeType: string; sizeBytes: number; path: string }[];
  }): Promise<{ delivered: boolean; messageId?: string | undefined; error?: string | undefined }>;
  subscribe(handler: (message: { text: string; threadId?: string | undefined; sender: string; ts: string }) => void): () => void;
  health(): Promise<{ reachable: boolean; authenticated: boolean; lastSeen?: string | undefined; detail?: string | undefined }>;
}

/** The program: answers everything with an echo in the same thread, and reports. */
async function runEcho(connector: FleetConnector, until: Promise<void>, path = "a.txt"): Promise<string[]> {
  const report: string[] = [];
  const answers: Promise<unknown>[] = [];
  const leave = connector.subscribe(({ text, threadId, sender, ts }) => {
    answers.push(connector.send(threadId === undefined ? { text: `echo: ${text}` } : { text: `echo: ${text}`, threadId }));
    report.push(`${sender} ${Number.isNaN(Date.parse(ts)) ? "at no time" : "said"}: ${text}`);
  });
  const hello = await connector.send({
    text: "I am here",
    attachments: [{ name: "a.txt", mimeType: "text/plain", sizeBytes: 2, path }],
  });
  const { reachable, authenticated } = await connector.health();
  report.unshift(`delivered ${hello.delivered}, reachable ${reachable}, authenticated ${authenticated}`);
  await until;
  leave();
  await Promise.all(answers);
  return report;
}

async function withEveryKind(secret?: string): Promise<Registry> {
  const secrets = { get: () => secret };
  const registry = createRegistry({ known: KNOWN_CONNECTOR_KINDS, ...KIND_DEFAULTS, secrets });
  await registerAll(registry);
  return registry;
}

it("uses the console unchanged, with no configuration and no hub", async () => {
  const registry = await withEveryKind();
  const connector = registry.createConnector();
  let stop = (): void => {};
  const running = runEcho(connector, new Promise((resolve) => (stop = resolve)));

  const url = "http://hub.example.internal/connectors/console/";
  const request = new Request(`${url}messages`, { method: "POST", body: JSON.stringify({ text: "hello", thread: "t-9", clientId: "c1" }) });
  expect((await connector.http?.(request, "/messages", { type: "token" }))?.status).toBe(202);
  stop();

  expect(await running).toEqual(["delivered true, reachable true, authenticated true", "local said: hello"]);
  const page = await connector.http?.(new Request(`${url}threads/t-9`), "/threads/t-9", { type: "token" });
  expect(await page?.json()).toMatchObject({ messages: [{ text: "hello" }, { text: "echo: hello" }] });
  await connector.close();
});

it("uses Matrix unchanged, from a roster and no hub: in the room, in a thread, and with a token of the wrong user", async () => {
  const server = await createFakeHomeserver(systemClock);
  const [bot, ann] = [server.user("mos"), "@ann:hs.example.internal"];
  const room = server.rooms.create(ann);
  for (const user of [bot.user, "@bob:hs.example.internal"]) server.rooms.member(room, ann, user, "join");
  const connector = { kind: "matrix", homeserver_url: server.url, user_id: bot.user, room_id: room.id, rate_limit: "none", poll_ms: 500 };
  const registry = await withEveryKind(bot.token);
  const uses = registry.createConnector({ version: 1, agents: [], connector });
  const folder = await mkdtemp(join(tmpdir(), "mos-hub-three-verbs-"));
  await writeFile(join(folder, "a.txt"), "hi");
  let stop = (): void => {};
  const running = runEcho(uses, new Promise((resolve) => (stop = resolve)), join(folder, "a.txt"));
  await expect.poll(() => server.ledger.calls.filter((call) => call.includes("/sync")).length).toBeGreaterThan(1);

  const said = { msgtype: "m.text", body: "hello", "m.mentions": { user_ids: [bot.user] } };
  const root = server.say(room, ann, said);
  const relation = { rel_type: "m.thread", event_id: root.event_id };
  await server.whenConfirmed(bot.user, server.say(room, ann, { ...said, body: "and here", "m.relates_to": relation }));
  stop();

  expect(await running).toEqual(["delivered true, reachable true, authenticated true", `${ann} said: hello`, `${ann} said: and here`]);
  const own = shownIn(room).filter(({ event }) => event.sender === bot.user);
  expect(own.map(({ content }) => [content["body"], (content["m.relates_to"] as Relation | undefined)?.event_id])).toEqual([
    ["I am here", undefined],
    ["a.txt", undefined],
    ["echo: hello", undefined],
    ["echo: and here", root.event_id],
  ]);
  const stranger = registry.createConnector({ ...connector, user_id: "@other:hs.example.internal" });
  expect(await stranger.health()).toMatchObject({
    reachable: true,
    authenticated: false,
    detail: expect.stringContaining("belongs to @mos"),
  });
  for (const one of [uses, stranger]) await one.close();
  await server.close();
  await rm(folder, { recursive: true });
});
