/** What people do by hand, as the events Slack makes of it. */
import type { Envelope } from "./deliver.ts";
import type { FakeMessage } from "./shapes.ts";
import type { World } from "./world.ts";

export interface SaidOptions {
  readonly thread?: string | undefined;
  readonly files?: readonly string[] | undefined;
}

export interface People {
  /** One post; in a channel that mentions the bot it comes as two events, as Slack sends it. */
  say(
    channel: string,
    user: string,
    text: string,
    options?: SaidOptions,
  ): { readonly message: FakeMessage; readonly events: readonly Envelope[] };
  change(message: FakeMessage, text: string): Envelope;
  remove(message: FakeMessage): Envelope;
  /** The channel has another id from now on. */
  renumber(from: string, to: string): Envelope;
  react(message: FakeMessage, user: string, name: string): Envelope;
  /** `actionId` of a button on the message. The trigger lives three seconds. */
  press(message: FakeMessage, user: string, actionId: string): Envelope;
  /** The modal opened last is sent off. */
  submit(user: string, values: Readonly<Record<string, string>>): Envelope;
  command(channel: string, user: string, text: string): Envelope;
}

const TRIGGER_MS = 3000;

export function createPeople(world: World, baseUrl: () => string): People {
  let events = 0;
  let triggers = 0;

  function event(inner: Readonly<Record<string, unknown>>): Envelope {
    const payload = {
      type: "event_callback",
      team_id: world.teamId,
      api_app_id: "APP000001",
      event_id: `Ev${String((events += 1)).padStart(8, "0")}`,
      event_time: Math.floor(world.now() / 1000),
      authorizations: [{ team_id: world.teamId, user_id: world.botUser, is_bot: true }],
      event: inner,
    };
    return { type: "events_api", payload };
  }

  function trigger(): string {
    const id = `${(triggers += 1)}.trigger`;
    world.triggers.set(id, world.now() + TRIGGER_MS);
    return id;
  }

  const about = (user: string) => ({
    team: { id: world.teamId, domain: "fake" },
    user: { id: user, username: user.toLowerCase(), team_id: world.teamId },
  });
  const typeOf = (channel: string): string => world.channel(channel).type;

  return {
    say(channel, user, text, { thread, files = [] } = {}) {
      const message = world.keep({ channel, user, text, threadTs: thread, files });
      const inner = { ...world.shown(message), channel, channel_type: typeOf(channel), event_ts: message.ts };
      const post = event({ ...inner, type: "message", ...(files.length > 0 ? { subtype: "file_share" } : {}) });
      const isMention = text.includes(`<@${world.botUser}>`) && typeOf(channel) !== "im";
      return { message, events: isMention ? [event({ ...inner, type: "app_mention" }), post] : [post] };
    },
    change(message, text) {
      const previous = world.shown(message);
      Object.assign(message, { text, isEdited: true });
      const { channel } = message;
      const change = {
        subtype: "message_changed",
        message: world.shown(message),
        previous_message: previous,
        ts: message.ts,
        event_ts: message.ts,
      };
      return event({ type: "message", channel, channel_type: typeOf(channel), ...change });
    },
    remove(message) {
      const previous = world.shown(message);
      message.isDeleted = true;
      const { channel, ts } = message;
      const change = { subtype: "message_deleted", deleted_ts: ts, previous_message: previous, ts, event_ts: ts };
      return event({ type: "message", channel, channel_type: typeOf(channel), ...change });
    },
    renumber(from, to) {
      world.renumber(from, to);
      return event({
        type: "channel_id_changed",
        old_channel_id: from,
        new_channel_id: to,
        event_ts: `${Math.floor(world.now() / 1000)}.000100`,
      });
    },
    react(message, user, name) {
      message.reactions.set(name, (message.reactions.get(name) ?? new Set()).add(user));
      const item = { type: "message", channel: message.channel, ts: message.ts };
      return event({ type: "reaction_added", user, reaction: name, item, item_user: message.user, event_ts: message.ts });
    },
    press(message, user, actionId) {
      const elements = message.blocks.flatMap((block) => (block["elements"] ?? []) as Record<string, unknown>[]);
      const element = elements.find((one) => one["action_id"] === actionId);
      if (!element) throw new Error(`there is no button ${actionId}`);
      const block = message.blocks.find((one) => ((one["elements"] ?? []) as unknown[]).includes(element));
      const action = { ...element, block_id: block?.block_id ?? "b1", action_ts: String(world.now() / 1000) };
      const payload = {
        type: "block_actions",
        ...about(user),
        api_app_id: "APP000001",
        trigger_id: trigger(),
        channel: { id: message.channel, name: "fake" },
        message: world.shown(message),
        container: {
          type: "message",
          message_ts: message.ts,
          channel_id: message.channel,
          thread_ts: message.threadTs,
          is_ephemeral: false,
        },
        response_url: `${baseUrl()}/response/${message.channel}/${message.ts}`,
        actions: [action],
      };
      return { type: "interactive", payload };
    },
    submit(user, values) {
      const opened = world.views.at(-1);
      if (!opened) throw new Error("no modal is open");
      const state = Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, { [name]: { type: "plain_text_input", value } }]),
      );
      const view = { id: opened.id, ...opened.view, state: { values: state } };
      return {
        type: "interactive",
        payload: { type: "view_submission", ...about(user), api_app_id: "APP000001", trigger_id: trigger(), view },
      };
    },
    command(channel, user, text) {
      const payload = {
        command: "/mos",
        text,
        user_id: user,
        user_name: user.toLowerCase(),
        channel_id: channel,
        channel_name: "fake",
        team_id: world.teamId,
        api_app_id: "APP000001",
        trigger_id: trigger(),
        response_url: `${baseUrl()}/response/${channel}/command`,
      };
      return { type: "slash_commands", payload };
    },
  };
}
