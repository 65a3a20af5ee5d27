/** A fake Slack with one channel, and Ann in it, over Socket Mode. */
import { createFakeSlack } from "../../../connectors/slack/fake/slack.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Stand } from "./stand.ts";

const [HOME, ANN] = ["C00000001", "UANN00001"];

interface Element {
  readonly action_id: string;
  readonly text: { readonly text: string };
  readonly url?: string;
}

const elementsOf = (blocks: readonly Readonly<Record<string, unknown>>[]): Element[] =>
  blocks.flatMap((block) => (block["elements"] ?? []) as Element[]);

export async function createSlackStand() {
  const tokens = { botToken: ["xoxb", "stand"].join("-"), appToken: ["xapp", "stand"].join("-"), signingSecret: "a-signing-secret" };
  const fake = await createFakeSlack({ ...systemClock, ...tokens, retryMs: 500 });
  fake.world.addChannel({ id: HOME, type: "channel", name: "general", members: [ANN] });

  return {
    fake,
    account: { kind: "slack", channel_id: HOME, api_base: fake.apiBase },
    environment: { SLACK_BOT_TOKEN: tokens.botToken, SLACK_APP_TOKEN: tokens.appToken },
    chat: HOME,
    ann: ANN,
    async say(text) {
      for (const event of fake.people.say(HOME, ANN, `<@${fake.world.botUser}> ${text}`).events) await fake.delivery.deliver(event);
    },
    async shown() {
      const own = fake.world.messages.filter(({ user, isDeleted }) => user === fake.world.botUser && !isDeleted);
      return own.map(({ ts, threadTs, text, blocks, pinged: notified }) => {
        const buttons = elementsOf(blocks).map((one) => ({ label: one.text.text, url: one.url }));
        return { id: ts, thread: threadTs, text, buttons, notified };
      });
    },
    async press({ id }, label) {
      const message = fake.world.message(HOME, id);
      const button = elementsOf(message?.blocks ?? []).find((one) => one.text.text === label);
      if (!message || !button) throw new Error(`Slack shows no button ${label} on ${id}`);
      await fake.delivery.deliver(fake.people.press(message, ANN, button.action_id));
    },
    close: fake.close,
  } satisfies Stand & { fake: unknown };
}
