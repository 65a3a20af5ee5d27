/** A fake Slack with its channels, and Ann in them, over Socket Mode. */
import { createFakeSlack } from "../../../connectors/slack/fake/slack.ts";
import { systemClock } from "../../../src/clock.ts";
import { type BusyStand, several, type StandOptions } from "./stand.ts";

const [HOME, ANN] = ["C00000001", "UANN00001"];

interface Element {
  readonly action_id: string;
  readonly text: { readonly text: string };
  readonly url?: string;
}

const elementsOf = (blocks: readonly Readonly<Record<string, unknown>>[]): Element[] =>
  blocks.flatMap((block) => (block["elements"] ?? []) as Element[]);

export async function createSlackStand({ chats = 1, isStrict = false }: StandOptions = {}) {
  const tokens = { botToken: ["xoxb", "stand"].join("-"), appToken: ["xapp", "stand"].join("-"), signingSecret: "a-signing-secret" };
  const paces = isStrict ? { tierMs: 60_000, postMs: 1000 } : {};
  const fake = await createFakeSlack({ ...systemClock, ...tokens, retryMs: 500, ...paces });
  const channels = [HOME, ...several(chats - 1, (at) => `C0000010${at}`)];
  for (const id of channels) fake.world.addChannel({ id, type: "channel", name: `general-${id.slice(-2)}`.toLowerCase(), members: [ANN] });

  return {
    fake,
    account: { kind: "slack", channel_id: HOME, api_base: fake.apiBase },
    environment: { SLACK_BOT_TOKEN: tokens.botToken, SLACK_APP_TOKEN: tokens.appToken },
    chat: HOME,
    chats: channels,
    ann: ANN,
    async say(text) {
      for (const event of fake.people.say(HOME, ANN, `<@${fake.world.botUser}> ${text}`).events) await fake.delivery.deliver(event);
    },
    async shown() {
      const own = fake.world.messages.filter(({ user, isDeleted }) => user === fake.world.botUser && !isDeleted);
      return own.map(({ ts, channel: chat, threadTs, text, blocks, pinged: notified }) => {
        const buttons = elementsOf(blocks).map((one) => ({ label: one.text.text, url: one.url }));
        return { chat, id: ts, thread: threadTs, text, buttons, notified };
      });
    },
    async press({ chat, id }, label) {
      const message = fake.world.message(chat, id);
      const button = elementsOf(message?.blocks ?? []).find((one) => one.text.text === label);
      if (!message || !button) throw new Error(`Slack shows no button ${label} on ${id}`);
      await fake.delivery.deliver(fake.people.press(message, ANN, button.action_id));
    },
    calledAt: () => fake.calls.filter(({ method }) => method === "chat.postMessage" || method === "chat.update").map(({ at }) => at),
    refused: fake.refused,
    close: fake.close,
  } satisfies BusyStand & { fake: unknown };
}
