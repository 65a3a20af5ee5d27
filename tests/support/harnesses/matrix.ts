/** The fake homeserver with one person in the hub's home room, and somebody else beside them. Everything passes over real HTTP. */
import { Keyv } from "keyv";
import { annotations, type FakeRoom, notifiedBy, shownIn } from "../../../connectors/matrix/fake/rooms.ts";
import { createFakeHomeserver, type FakeHomeserver } from "../../../connectors/matrix/fake/server.ts";
import type { Content, FakeEvent, Login, Relation } from "../../../connectors/matrix/fake/shapes.ts";
import definition from "../../../connectors/matrix/definition.ts";
import { SUBJECT } from "../../../connectors/matrix/ids.ts";
import { systemClock } from "../../../src/clock.ts";
import type { ConnectorHarness, Rig } from "../../../src/testing/kit.ts";
import { wireContext } from "../wire/context.ts";

const PATIENCE_MS = 500;
const PERSON = "@ann:hs.example.internal";
const EMOJI: Readonly<Record<string, string>> = { approve: "✅", deny: "❌" };

const harness: ConnectorHarness = {
  kind: "matrix",
  async setUp() {
    const server = await createFakeHomeserver({ ...systemClock, isServerless: true });
    const bot = server.user("mos");
    const room = server.rooms.create(PERSON, ["#home:hs.example.internal"]);
    for (const user of [bot.user, "@bob:hs.example.internal"]) server.rooms.member(room, PERSON, user, "join");
    return createRig({ server, bot, room, state: new Keyv() });
  },
};
export default harness;

interface Parts {
  readonly server: FakeHomeserver;
  readonly bot: Login;
  readonly room: FakeRoom;
  readonly state: Keyv;
}

async function createRig(parts: Parts): Promise<Rig> {
  const { server, bot, room, state } = parts;
  const block = { homeserver_url: server.url, user_id: bot.user, room_id: "#home:hs.example.internal", rate_limit: "none" };
  const connector = definition.factory({ ...block, answer_ms: 400, poll_ms: 300 }, wireContext("matrix", state, bot.token));
  const lives: Rig[] = [];
  let last: FakeEvent | undefined;

  async function confirmed(event: FakeEvent): Promise<{ acknowledged: boolean }> {
    const tooLate = new Promise<boolean>((resolve) => void systemClock.setTimer(PATIENCE_MS, () => resolve(false)));
    const taken = server.whenConfirmed(bot.user, event).then(() => true);
    return { acknowledged: await Promise.race([taken, tooLate]) };
  }
  const mention = (text: string, relation?: Relation): Content => ({
    msgtype: "m.text",
    body: text,
    "m.mentions": { user_ids: [bot.user] },
    ...(relation ? { "m.relates_to": relation } : {}),
  });

  await connector.start?.();
  return {
    connector,
    secret: bot.token,
    say(text, { threadId, again } = {}) {
      const relation = threadId === undefined ? undefined : { rel_type: "m.thread", event_id: threadId };
      last = again && last ? last : server.say(room, PERSON, mention(text, relation));
      return confirmed(last);
    },
    press(subject, choice) {
      const card = room.events.find(({ content }) => content[SUBJECT] === subject);
      const relation = { rel_type: "m.annotation", event_id: card?.event_id ?? "", key: EMOJI[choice] ?? choice };
      return confirmed(server.say(room, PERSON, { "m.relates_to": relation }, "m.reaction"));
    },
    sayWhileAway: async (text) => void server.say(room, PERSON, mention(text)),
    shown: async () =>
      shownIn(room)
        .filter(({ event }) => event.sender === bot.user)
        .map(({ event, content }) => {
          const reactions = annotations(room, event.event_id).map(({ key }) => key);
          const relation = event.content["m.relates_to"] as Relation | undefined;
          const threadId = relation?.rel_type === "m.thread" ? relation.event_id : undefined;
          return { messageId: event.event_id, threadId, text: String(content["body"]), reactions, hasButtons: reactions.includes("✅") };
        }),
    notified: async (messageId) => notifiedBy(room, messageId),
    async glimpsed(work) {
      await work();
      return room.typing.has(bot.user) ? [{ typing: true }] : [];
    },
    async restart() {
      const next = await createRig(parts);
      lives.push(next);
      return next;
    },
    async end() {
      for (const life of lives) await life.connector.close();
      await connector.close();
      await server.close();
    },
    platform: {
      next: server.next,
      silence: server.silence,
      hangUp: server.hangUp,
      sendTimes: () => server.ledger.sendTimes,
      async sayReversed([first, second]) {
        const [late, early] = [server.say(room, PERSON, mention(second)), server.say(room, PERSON, mention(first))];
        return [await confirmed(early), await confirmed(late)];
      },
      patienceMs: PATIENCE_MS,
      answerMs: 2000,
      silenceToldMs: 1500,
      showsAnswers: false,
    },
  };
}
