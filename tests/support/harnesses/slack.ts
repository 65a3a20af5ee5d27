/** The fake Slack with one app, one channel and one person on it, and the real clients of Bolt in between. */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Keyv } from "keyv";
import slack from "../../../connectors/slack/definition.ts";
import type { Envelope } from "../../../connectors/slack/fake/deliver.ts";
import type { FakeMessage } from "../../../connectors/slack/fake/shapes.ts";
import { createFakeSlack, type FakeSlack } from "../../../connectors/slack/fake/slack.ts";
import { pressId } from "../../../connectors/shared/press.ts";
import type { Acknowledged, ConnectorHarness, Rig, Shown } from "../../../src/testing/kit.ts";
import { systemClock } from "../../../src/clock.ts";
import { until } from "../hub-process.ts";
import { wireContext } from "../wire/context.ts";

const PATIENCE_MS = 400;
/** Shorter than a ping's round they cannot be. */
const SETTINGS = { answer_ms: 500, heartbeat_overdue_ms: 5500 } as const;
const SILENCE_TOLD_MS = 7000;
const HOME = "C00000001";
const ANN = "UANN00001";
const BOB = "UBOB00001";

const harness: ConnectorHarness = {
  kind: "slack",
  async setUp() {
    const token = `xoxb-${randomBytes(24).toString("base64url")}`;
    const fake = await createFakeSlack({
      ...systemClock,
      botToken: token,
      appToken: token,
      signingSecret: token,
      patienceMs: PATIENCE_MS,
      retryMs: 400,
    });
    fake.world.addChannel({ id: HOME, type: "channel", name: "general", members: [ANN, BOB] });
    return createRig({ fake, token, state: new Keyv() });
  },
};
export default harness;

interface Parts {
  readonly fake: FakeSlack;
  readonly token: string;
  readonly state: Keyv;
}

async function createRig(parts: Parts): Promise<Rig> {
  const { fake, token, state } = parts;
  const { world, people } = fake;
  const config = { api_base: fake.apiBase, channel_id: HOME, ...SETTINGS };
  const connector = slack.factory(config, wireContext("slack", state, token));
  const lives: Rig[] = [];
  const spoken = (text: string): string => `<@${world.botUser}> ${text}`;
  const own = (): FakeMessage[] => world.messages.filter(({ user, isDeleted }) => user === world.botUser && !isDeleted);

  /** As Slack tells of one post: by every event that is about it. */
  async function deliver(events: readonly Envelope[]): Promise<Acknowledged> {
    const told = await Promise.all(events.map((event) => fake.delivery.deliver(event, tries)));
    return { acknowledged: told.every(({ acknowledged }) => acknowledged) };
  }

  /** A card of a former life of the hub. */
  function formerCard(id: string): FakeMessage {
    const element = { type: "button", action_id: id, text: { type: "plain_text", text: "Approve" } };
    return world.keep({ channel: HOME, user: world.botUser, text: "May I?", blocks: [{ type: "actions", elements: [element] }] });
  }

  let last: readonly Envelope[] = [];
  /** One is enough but for a broken connection, where Slack itself comes again. */
  let tries = 1;
  const rig: Rig = {
    connector,
    secret: token,
    async say(text, { threadId, again } = {}) {
      if (!again) last = people.say(HOME, ANN, spoken(text), { thread: threadId }).events;
      return deliver(last);
    },
    async press(subject, choice) {
      const id = pressId({ verb: "do", subject, choice });
      const card = own().find((message) => JSON.stringify(message.blocks).includes(id)) ?? formerCard(id);
      const before = world.messages.length;
      const { acknowledged } = await fake.delivery.deliver(people.press(card, ANN, id));
      // Slack shows it beside the acknowledgement; it is on its way when that comes.
      const shownBy = Date.now() + PATIENCE_MS;
      while (world.messages.length === before && Date.now() < shownBy) await pause(5);
      const answer = world.messages.slice(before).find(({ onlyFor }) => onlyFor === ANN)?.text;
      return { acknowledged, ...(answer === undefined ? {} : { answer }) };
    },
    sayWhileAway: async (text) => void people.say(HOME, ANN, spoken(text)),
    shown: async () => own().map(shownOf),
    shownToOthers: async () => own().flatMap((one) => (one.onlyFor === undefined ? [shownOf(one)] : [])),
    notified: async (messageId) => own().find(({ ts }) => ts === messageId)?.pinged ?? [],
    async glimpsed(work) {
      const before = world.statuses.length;
      await work();
      return world.statuses.slice(before).map(() => ({ typing: true }));
    },
    async restart() {
      await connector.close();
      const next = await createRig(parts);
      lives.push(next);
      return { ...next, say: (text, options) => (options?.again ? deliver(last) : next.say(text, options)) };
    },
    async end() {
      for (const life of lives) await life.end();
      await connector.close();
      await fake.close();
    },
    platform: {
      next: fake.next,
      silence: fake.silence,
      hangUp() {
        tries = 4;
        fake.hangUp();
      },
      sendTimes: () => fake.calls.filter(({ method }) => method === "chat.postMessage").map(({ at }) => at),
      async sayReversed([first, second]) {
        const [one, two] = [first, second].map((text) => people.say(HOME, ANN, spoken(text)).events);
        return [await deliver(two ?? []), await deliver(one ?? [])];
      },
      patienceMs: PATIENCE_MS,
      answerMs: 3000,
      silenceToldMs: SILENCE_TOLD_MS,
      showsAnswers: true,
    },
  };
  await connector.start?.();
  await until("Slack is connected", async () => (await connector.health()).reachable);
  return rig;
}

function shownOf({ ts, threadTs, text, blocks, reactions }: FakeMessage): Shown {
  return {
    messageId: ts,
    threadId: threadTs,
    text,
    hasButtons: blocks.some(({ type }) => type === "actions"),
    reactions: [...reactions.keys()].map((name) => (name === "eyes" ? "👀" : name)),
  };
}
