/** What goes wrong on Matrix, through the started hub over a fake homeserver: what people then see, and that the rest goes on. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type FakeRoom, shownIn } from "../../connectors/matrix/fake/rooms.ts";
import { createFakeHomeserver, type FakeHomeserver } from "../../connectors/matrix/fake/server.ts";
import { systemClock } from "../../src/clock.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { bodyOf, createMatrixPerson, isIn, type MatrixPerson, type Seen } from "../support/matrix-person.ts";

const SLOWLY = { timeout: 60_000 };

let server: FakeHomeserver;
let mos: { readonly user: string; readonly token: string };
let ann: MatrixPerson;
let bob: MatrixPerson;
let home: string;
const hubs: HubProcess[] = [];

beforeAll(async () => {
  server = await createFakeHomeserver(systemClock);
  mos = server.user("mos");
  [ann, bob] = ["ann", "bob"].map((name) => {
    const { user, token } = server.user(name, `${name}-phone`);
    return createMatrixPerson({ url: server.url, userId: user, token });
  }) as [MatrixPerson, MatrixPerson];
  home = await roomOfAll();
});
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.end();
});
afterAll(() => server.close());

async function roomOfAll(): Promise<string> {
  const room = await ann.createRoom([mos.user, bob.userId]);
  await bob.join(room);
  return room;
}

async function startHub(token: string, more: object = {}): Promise<HubProcess> {
  const hub = await createHubProcess({ MATRIX_ACCESS_TOKEN: token });
  hubs.push(hub);
  const invites = [ann.userId];
  const matrix = {
    kind: "matrix",
    homeserver_url: server.url,
    user_id: mos.user,
    room_id: home,
    rate_limit: "none",
    invites_from: invites,
  };
  const operators = [ann, bob].map(({ userId }) => ({ name: userId, roles: ["operator", "approver"], accounts: { matrix: [userId] } }));
  const limits = { messages_per_minute: 1_000_000 };
  const accounts = { console: { kind: "console" }, matrix };
  await writeFile(join(hub.dataDir, "hub.yaml"), stringify({ accounts, operators, limits, ...more }));
  await hub.start({ MOS_HUB_CONFIG: join(hub.dataDir, "hub.yaml") });
  return hub;
}

async function begin(room: string, text: string): Promise<string> {
  await until("the hub's user is there", () => server.rooms.find(room).members.get(mos.user) === "join");
  return ann.say(room, text, { mention: mos.user });
}

const isCard = (event: Seen): boolean => "mos_hub.subject" in event.content;
const answers = (room: string, root: string, words: string): Promise<Seen> =>
  ann.sees(room, words, (event) => isIn(root)(event) && event.sender === mos.user && bodyOf(event).includes(words));
const cardIn = (room: string, root: string): Promise<Seen> => ann.sees(room, "the card", (event) => isIn(root)(event) && isCard(event));
const roomOf = (id: string): FakeRoom => server.rooms.find(id);
const nowShown = (room: string, id: string): string =>
  String(shownIn(roomOf(room)).find(({ event }) => event.event_id === id)?.content["body"] ?? "");

const TWO = { approvals: { policies: [{ name: "two", when: { class: ["red"] }, quorum: 2 }] } };

test("a reaction taken back before the second person's withdraws the vote", SLOWLY, async () => {
  await startHub(mos.token, TWO);
  const root = await begin(home, "approve red");
  const { event_id: card } = await cardIn(home, root);
  const shows = (words: RegExp): Promise<void> =>
    until(`the card says ${words}; it says ${nowShown(home, card)}`, () => words.test(nowShown(home, card)));
  const none = nowShown(home, card);
  const vote = await ann.react(home, card, "✅");
  await shows(/1 (of|\/) ?2/);
  await ann.redact(home, vote);
  await until("the vote is gone from the card", () => nowShown(home, card) === none);
  await bob.react(home, card, "✅");
  await shows(/1 (of|\/) ?2/);
  expect(nowShown(home, card)).not.toMatch(/approved by/i);
  await ann.react(home, card, "✅");
  await shows(/approved by/i);
});

test("a card that was deleted is decided by its code all the same", SLOWLY, async () => {
  await startHub(mos.token);
  const root = await begin(home, "approve red");
  const card = await cardIn(home, root);
  const [, code = ""] = /approve ([A-Z2-9]{3}-[A-Z2-9]{3})/.exec(bodyOf(card)) ?? [];
  await ann.redact(home, card.event_id);
  await ann.say(home, `approve ${code}`, { thread: root });
  await ann.sees(home, "the agent go on", (event) => isIn(root)(event) && !isCard(event) && /approved/i.test(bodyOf(event)));
  expect(nowShown(home, card.event_id)).toBe("");
});

test("kicked from one room in mid-conversation, it goes on in the others, and comes back when invited", SLOWLY, async () => {
  const hub = await startHub(mos.token);
  const room = await roomOfAll();
  const root = await begin(room, "slow 2");
  await until("the agent works on it", async () => (await hub.prompts()).some((prompt) => prompt.includes("slow 2")));
  server.rooms.member(roomOf(room), ann.userId, mos.user, "leave");
  await answers(home, await begin(home, "still there?"), "still there?");
  server.rooms.member(roomOf(room), ann.userId, mos.user, "invite");
  await until("it has joined again", () => roomOf(room).members.get(mos.user) === "join");
  await ann.say(room, "go on", { thread: root });
  await answers(room, root, "go on");
  expect((await hub.prompts()).filter((prompt) => prompt.includes("slow 2"))).toHaveLength(1);
});

test("a room that turns encrypted is named once, gets no word in the clear, and the others go on", SLOWLY, async () => {
  await startHub(mos.token);
  const room = await roomOfAll();
  const root = await begin(room, "hello");
  await answers(room, root, "hello");
  server.say(roomOf(room), ann.userId, { algorithm: "m.megolm.v1.aes-sha2" }, "m.room.encryption");
  for (let at = 0; at < 2; at += 1) server.say(roomOf(room), ann.userId, { ciphertext: "x" }, "m.room.encrypted");
  const about = (event: Seen): boolean => event.sender === mos.user && bodyOf(event).includes("encrypted");
  await ann.sees(home, "that it is encrypted", about);
  await answers(home, await begin(home, "and here?"), "and here?");
  expect((await ann.read(home)).filter(about)).toHaveLength(1);
  expect(server.ledger.plaintexts).toEqual([]);
});

describe("at the start", () => {
  test.each([
    ["a token that is not valid", () => "no.such.token", /Invalid access token|does not accept|not valid/i],
    ["the token of another user", () => server.user("other", "OTHER").token, /belongs to @other/],
  ])("%s stops the account, says how to mend it, and the console answers", SLOWLY, async (_, token, why) => {
    const secret = token();
    const hub = await startHub(secret);
    await expect.poll(hub.output, { timeout: 20_000 }).toMatch(/matrix is not connected/);
    expect(hub.output()).toMatch(why);
    expect(hub.output()).not.toContain(secret);
    const doctor = await hub.cli("doctor");
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain("conduit login");
    expect((await hub.cli("chat", "--once", "hello")).events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
  });
});
