/** The journeys of an operator on Matrix over the started hub: the same against the fake homeserver and against a real one. */
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createHubProcess, type HubProcess, until } from "./hub-process.ts";
import { bodyOf, isIn, type MatrixPerson, relationOf, type Seen } from "./matrix-person.ts";

export interface Stage {
  readonly hub: HubProcess;
  readonly ann: MatrixPerson;
  readonly bot: string;
  readonly room: string;
}

export interface HubOn {
  readonly url: string;
  readonly bot: { readonly userId: string; readonly token: string };
  readonly ann: MatrixPerson;
  readonly room: string;
  /** Of the account's block. */
  readonly rateLimit: string;
}

/** A hub with one Matrix account and one operator on it, started. */
export async function startHubOn({ url, bot, ann, room, rateLimit }: HubOn): Promise<Stage> {
  const hub = await createHubProcess({ MATRIX_ACCESS_TOKEN: bot.token, MOS_HUB_PIN: "739215" });
  const account = `{ kind: matrix, homeserver_url: "${url}", user_id: "${bot.userId}", room_id: "${room}", rate_limit: ${rateLimit}, invites_from: ["${ann.userId}"] }`;
  const operator = `{ name: Ann, roles: [operator, approver], accounts: { matrix: ["${ann.userId}"] } }`;
  writeFileSync(
    join(hub.dataDir, "hub.yaml"),
    `accounts: { matrix: ${account} }\noperators: [${operator}]\nlimits: { queue_per_session: 2000, messages_per_minute: 100000 }\n`,
  );
  await hub.start();
  await hub.ready();
  return { hub, ann, bot: bot.userId, room };
}

/** A thread of its own, opened with a mention; resolves with its root. */
export async function openThread({ ann, bot, room }: Stage, text: string): Promise<string> {
  const root = await ann.say(room, `about: ${text}`);
  await ann.say(room, text, { thread: root, mention: bot });
  return root;
}

/** At Synapse's default limits whoever has said ten things at once waits five seconds for each other: the person, and the hub. */
const SLOWLY = { timeout: 300_000 };

const isCard = (event: Seen): boolean => "mos_hub.subject" in event.content;

export function pressing(stage: () => Stage): void {
  test("approves by a reaction of another client, and the card says so", SLOWLY, async () => {
    const { ann, room } = stage();
    const root = await openThread(stage(), "approve red");
    const card = await ann.sees(room, "the card", (event) => isCard(event) && isIn(root)(event));
    const seeds = async () =>
      (await ann.read(room)).filter((event) => event.type === "m.reaction" && relationOf(event).event_id === card.event_id);
    await until("both seeds are there", async () => (await seeds()).length === 2, ann.patienceMs);
    expect((await seeds()).map((event) => relationOf(event).key).toSorted()).toEqual(["✅", "❌"].toSorted());
    await ann.react(room, card.event_id, "✅\uFE0F");
    await ann.sees(room, "the decided card", (event) => relationOf(event).event_id === card.event_id && /approved/i.test(bodyOf(event)));
    await ann.sees(room, "the agent go on", (event) => isIn(root)(event) && /approved/i.test(bodyOf(event)) && !isCard(event));
  });

  test("denies by text, and the reason reaches the agent", SLOWLY, async () => {
    const { ann, room } = stage();
    const root = await openThread(stage(), "approve red");
    const card = await ann.sees(room, "the card", (event) => isCard(event) && isIn(root)(event));
    const [, code = ""] = /approve ([A-Z2-9]{3}-[A-Z2-9]{3})/.exec(bodyOf(card)) ?? [];
    await ann.say(room, `deny ${code} not on a Friday`, { thread: root });
    await ann.sees(room, "the reason", (event) => isIn(root)(event) && bodyOf(event).includes("not on a Friday"));
  });
}

export function talking(stage: () => Stage): void {
  test("talks in two threads that never mix, without another mention", SLOWLY, async () => {
    const { ann, room } = stage();
    const [red, blue] = [await openThread(stage(), "the colour is red"), await openThread(stage(), "the colour is blue")];
    const answerIn = (root: string, text: string) => ann.sees(room, text, (event) => isIn(root)(event) && bodyOf(event).includes(text));
    await answerIn(red, "the colour is red");
    await answerIn(blue, "the colour is blue");
    await ann.say(room, "and now it is dark", { thread: red });
    await answerIn(red, "and now it is dark");
    const all = await ann.read(room);
    expect(all.filter((event) => isIn(blue)(event) && event.sender !== ann.userId && /red|dark/.test(bodyOf(event)))).toEqual([]);
    for (const event of all) if (event.type === "m.room.message") expect(event.content).toHaveProperty("m.mentions");
  });

  test("opens a thread from a mention, in which no other is needed", SLOWLY, async () => {
    const { ann, room, bot } = stage();
    const root = await ann.say(room, "let us talk about tea", { mention: bot });
    await ann.sees(room, "the answer in its thread", (event) => isIn(root)(event) && bodyOf(event).includes("tea"));
    await ann.say(room, "and about coffee", { thread: root });
    await ann.sees(room, "the next answer there", (event) => isIn(root)(event) && bodyOf(event).includes("coffee"));
  });

  test("says nothing where nobody meant it", SLOWLY, async () => {
    const { ann, room, bot } = stage();
    const root = await ann.say(room, "lunch, anybody?");
    await openThread(stage(), "marker");
    await ann.sees(room, "the marker's answer", (event) => bodyOf(event).includes("marker") && event.sender === bot);
    expect((await ann.read(room)).filter((event) => isIn(root)(event))).toEqual([]);
  });
}

export function files(stage: () => Stage): void {
  test("carries files both ways", SLOWLY, async () => {
    const { ann, room, bot } = stage();
    const content = new Uint8Array(randomBytes(50_000));
    const root = await openThread(stage(), "hello");
    await ann.sees(room, "an answer", isIn(root));
    const url = await ann.upload("picture.bin", content);
    const relation = { rel_type: "m.thread", event_id: root };
    await ann.send(room, {
      msgtype: "m.file",
      filename: "picture.bin",
      body: "file",
      url,
      info: {},
      "m.mentions": {},
      "m.relates_to": relation,
    });
    const back = await ann.sees(
      room,
      "the file",
      (event) => isIn(root)(event) && event.content["url"] !== undefined && event.sender === bot,
    );
    const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    expect(hash(await ann.download(String(back.content["url"])))).toBe(hash(content));
  });
}

/** A machine may be slow; it has to get on. */
const STANDSTILL_MS = 60_000;

/** `count` messages in a bound thread while the hub is dead; each is answered once, in order. */
export function backlog(stage: () => Stage, count: number): void {
  test(`takes ${count} messages that were said while it was dead, each once and in order`, { timeout: 900_000 }, async () => {
    const { hub, ann, room } = stage();
    const root = await openThread(stage(), "hello");
    await ann.sees(room, "an answer", isIn(root));
    const before = (await hub.prompts()).length;
    await hub.kill();
    for (let at = 0; at < count; at += 1) await ann.say(room, `line ${at}`, { thread: root });
    await hub.start();
    const lines = async () => (await hub.prompts()).slice(before).flatMap((prompt) => prompt.match(/line \d+/g) ?? []);
    for (let reached = 0; reached < count;) {
      const was = reached;
      const isFurther = async () => (reached = (await lines()).length) > was;
      await until(`more than ${was} of ${count} have reached the agent`, isFurther, STANDSTILL_MS);
    }
    expect(await lines()).toEqual(Array.from({ length: count }, (_, at) => `line ${at}`));
  });
}

/** Dies in the middle of what goes on, several times; nothing is lost or answered twice. */
export function restarts(stage: () => Stage): void {
  test("is killed in mid-sync again and again: nothing is lost, nothing is said twice", SLOWLY, async () => {
    const { hub, ann, room, bot } = stage();
    const root = await openThread(stage(), "hello");
    await ann.sees(room, "an answer", isIn(root));
    for (let at = 0; at < 3; at += 1) {
      await ann.say(room, `life ${at}`, { thread: root });
      await hub.kill();
      await hub.start();
      await ann.sees(
        room,
        `life ${at} answered`,
        (event) => isIn(root)(event) && event.sender === bot && bodyOf(event).includes(`life ${at}`),
      );
    }
    const echoes = (await ann.read(room)).filter((event) => isIn(root)(event) && event.sender === bot).map(bodyOf);
    for (let at = 0; at < 3; at += 1) {
      const said = echoes.filter((body) => body.includes(`life ${at}`) && !/duplicate|again/.test(body));
      expect(said.length).toBeLessThanOrEqual(1);
    }
  });
}
