/** What goes wrong on Matrix, through the started hub: what people then see, and that the rest goes on. The same on the fake homeserver and a real one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { createHubProcess, type HubProcess, until } from "./hub-process.ts";
import { bodyOf, isIn, type MatrixPerson, relationOf, type Seen } from "./matrix-person.ts";

const SLOWLY = { timeout: 240_000 };

/** Two people and the hub's user, all in the home room; no hub runs yet. */
export interface Scene {
  readonly url: string;
  readonly mos: { readonly userId: string; readonly token: string };
  readonly ann: MatrixPerson;
  readonly bob: MatrixPerson;
  readonly home: string;
}

export async function roomOfAll({ mos, ann, bob }: Omit<Scene, "home" | "url">): Promise<string> {
  const room = await ann.createRoom([mos.userId, bob.userId]);
  await bob.join(room);
  return room;
}

/** `token`: another than the hub's own. */
export async function startHubFor({ url, mos, ann, bob, home }: Scene, { token = mos.token, more = {} } = {}): Promise<HubProcess> {
  const hub = await createHubProcess({ MATRIX_ACCESS_TOKEN: token });
  const account = { kind: "matrix", homeserver_url: url, user_id: mos.userId, room_id: home };
  const matrix = { ...account, rate_limit: "none", invites_from: [ann.userId] };
  const operators = [ann, bob].map(({ userId }) => ({ name: userId, roles: ["operator", "approver"], accounts: { matrix: [userId] } }));
  const limits = { messages_per_minute: 1_000_000 };
  const accounts = { console: { kind: "console" }, matrix };
  await writeFile(join(hub.dataDir, "hub.yaml"), stringify({ accounts, operators, limits, ...more }));
  await hub.start({ MOS_HUB_CONFIG: join(hub.dataDir, "hub.yaml") });
  return hub;
}

const isCard = (event: Seen): boolean => "mos_hub.subject" in event.content;
const at = (room: string): string => `/rooms/${encodeURIComponent(room)}`;

/** Of one scene: what its people do and see. */
function of({ mos, ann }: Scene) {
  const isThere = async (room: string): Promise<boolean> => {
    const { joined } = await ann.call<{ joined: object }>("GET", `${at(room)}/joined_members`);
    return mos.userId in joined;
  };
  return {
    isThere,
    async begin(room: string, text: string): Promise<string> {
      await until("the hub's user is there", () => isThere(room), ann.patienceMs);
      return ann.say(room, text, { mention: mos.userId });
    },
    answers: (room: string, root: string, words: string): Promise<Seen> =>
      ann.sees(room, words, (event) => isIn(root)(event) && event.sender === mos.userId && bodyOf(event).includes(words)),
    cardIn: (room: string, root: string): Promise<Seen> => ann.sees(room, "the card", (event) => isIn(root)(event) && isCard(event)),
    /** What the card says by now, once it says so. */
    async shows(room: string, card: string, words: RegExp): Promise<void> {
      const latest = async () => (await ann.read(room)).findLast((event) => event.event_id === card || isEditOf(card, event));
      await until(`the card says ${words}`, async () => words.test(bodyOf((await latest()) as Seen)), ann.patienceMs);
    },
  };
}

const isEditOf = (card: string, event: Seen): boolean => {
  const { rel_type, event_id } = relationOf(event);
  return rel_type === "m.replace" && event_id === card;
};

const TWO = { approvals: { policies: [{ name: "two", when: { class: ["red"] }, quorum: 2 }] } };

/** `scene` is read by each test; a hub is started for each and ended after it. */
export function mishaps(scene: () => Scene): void {
  async function withHub(work: (hub: HubProcess) => Promise<void>, more: object = {}): Promise<void> {
    const hub = await startHubFor(scene(), { more });
    await hub
      .ready()
      .then(() => work(hub))
      .finally(hub.end);
  }

  test("a reaction taken back before the second person's withdraws the vote", SLOWLY, () =>
    withHub(async () => {
      const { ann, bob, home } = scene();
      const { begin, cardIn, shows } = of(scene());
      const { event_id: card } = await cardIn(home, await begin(home, "approve red"));
      const vote = await ann.react(home, card, "✅");
      await shows(home, card, /1 (of|\/) ?2/);
      await ann.redact(home, vote);
      await shows(home, card, /^(?![\s\S]*1 (of|\/) ?2)/);
      await bob.react(home, card, "✅");
      await shows(home, card, /^(?![\s\S]*approved by)[\s\S]*1 (of|\/) ?2/i);
      await ann.react(home, card, "✅");
      await shows(home, card, /approved by/i);
    }, TWO),
  );

  test("a card that was deleted is decided by its code all the same", SLOWLY, () =>
    withHub(async () => {
      const { ann, home } = scene();
      const { begin, cardIn } = of(scene());
      const root = await begin(home, "approve red");
      const card = await cardIn(home, root);
      const [, code = ""] = /approve ([A-Z2-9]{3}-[A-Z2-9]{3})/.exec(bodyOf(card)) ?? [];
      await ann.redact(home, card.event_id);
      await ann.say(home, `approve ${code}`, { thread: root });
      await ann.sees(home, "the agent go on", (event) => isIn(root)(event) && !isCard(event) && /It was approved/.test(bodyOf(event)));
      const events = await ann.read(home);
      expect(events.find(({ event_id }) => event_id === card.event_id)?.content).toEqual({});
      expect(events.filter((event) => isEditOf(card.event_id, event))).toEqual([]);
    }),
  );

  test("kicked from one room in mid-conversation, it goes on in the others, and comes back when invited", SLOWLY, () =>
    withHub(async (hub) => {
      const { ann, mos, home } = scene();
      const { begin, answers, isThere } = of(scene());
      const room = await roomOfAll(scene());
      const root = await begin(room, "slow 2");
      await until("the agent works on it", async () => (await hub.prompts()).some((prompt) => prompt.includes("slow 2")), ann.patienceMs);
      await ann.call("POST", `${at(room)}/kick`, { user_id: mos.userId });
      await answers(home, await begin(home, "still there?"), "still there?");
      await ann.call("POST", `${at(room)}/invite`, { user_id: mos.userId });
      await until("it has joined again", () => isThere(room), ann.patienceMs);
      await ann.say(room, "go on", { thread: root });
      await answers(room, root, "go on");
      expect((await hub.prompts()).filter((prompt) => prompt.includes("slow 2"))).toHaveLength(1);
    }),
  );

  test("a room that turns encrypted is named once, gets no word in the clear, and the others go on", SLOWLY, () =>
    withHub(async () => {
      const { ann, mos, home } = scene();
      const { begin, answers } = of(scene());
      const room = await roomOfAll(scene());
      const root = await begin(room, "hello");
      await answers(room, root, "hello");
      await ann.call("PUT", `${at(room)}/state/m.room.encryption/`, { algorithm: "m.megolm.v1.aes-sha2" });
      const sealed = { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "x", session_id: "x", sender_key: "x", device_id: "x" };
      for (let nth = 0; nth < 2; nth += 1) await ann.send(room, sealed, "m.room.encrypted");
      const about = (event: Seen): boolean => event.sender === mos.userId && bodyOf(event).includes(room);
      await ann.sees(home, "that it is encrypted", about);
      await answers(home, await begin(home, "and here?"), "and here?");
      expect((await ann.read(home)).filter(about)).toHaveLength(1);
      const events = await ann.read(room);
      const since = events.slice(events.findIndex(({ type }) => type === "m.room.encryption"));
      expect(since.filter(({ sender }) => sender === mos.userId)).toEqual([]);
    }),
  );

  test("only people who are known may invite it", SLOWLY, () =>
    withHub(async () => {
      const { ann, bob, mos } = scene();
      const strange = await bob.createRoom([mos.userId, ann.userId]);
      await ann.join(strange);
      const membership = async (): Promise<unknown> =>
        (await ann.call<{ membership: string }>("GET", `${at(strange)}/state/m.room.member/${encodeURIComponent(mos.userId)}`)).membership;
      await until("the invitation is declined", async () => (await membership()) === "leave", bob.patienceMs);
    }),
  );

  test.each([
    ["a token that is not valid", async () => "no.such.token", /Invalid access token|does not accept|not valid/i],
    ["the token of another user", async () => scene().bob.token, /belongs to @bob/],
  ])("%s stops the account, says how to mend it, and the console answers", SLOWLY, async (_, token, why) => {
    const secret = await token();
    const hub = await startHubFor(scene(), { token: secret });
    try {
      await expect.poll(hub.output).toMatch(/matrix is not connected/);
      expect(hub.output()).toMatch(why);
      expect(hub.output()).not.toContain(secret);
      const doctor = await hub.cli("doctor");
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toContain("conduit login");
      expect((await hub.cli("chat", "--once", "hello")).events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
    } finally {
      await hub.end();
    }
  });
}
