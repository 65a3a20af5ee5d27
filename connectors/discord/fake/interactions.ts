/**
 * The fake's interactions: a person presses, chooses, submits or types a slash command; the bot has three seconds for its one first answer, and
 * a quarter of an hour for follow-ups. Discord Developer Docs, Interactions, "Receiving and Responding".
 */
import type { Call, Route } from "./rest.ts";
import { checkComponents, checkMessage, checkModal, Refusal } from "./rules.ts";
import { channelJson, memberJson, messageJson, userJson } from "./shapes.ts";
import type { FakeBot, FakeMessage, FakeUser, Json, World } from "./world.ts";

/** What the person sees come of it. */
export interface Outcome {
  /** False: "This interaction failed". */
  readonly acknowledged: boolean;
  /** The words only they see. */
  readonly answer?: string | undefined;
  readonly modal?: Json | undefined;
}

export interface Raised {
  readonly bot: FakeBot;
  readonly by: FakeUser;
  readonly channelId: string;
  readonly type: 2 | 3 | 5;
  readonly data: Json;
  readonly message?: FakeMessage | undefined;
}

interface Open {
  readonly raised: Raised;
  readonly id: string;
  readonly token: string;
  readonly at: number;
  outcome: Outcome | undefined;
  settle: (outcome: Outcome) => void;
}

export interface InteractionOptions {
  readonly world: World;
  readonly setTimer: (ms: number, fn: () => void) => () => void;
  readonly url: () => string;
  /** How long the first answer may take. Really 3000. */
  readonly patienceMs: number;
  readonly dispatch: (raised: Raised, data: Json) => void;
  readonly edited: (message: FakeMessage) => void;
  /** Servers that speak like Discord and lack this. */
  readonly lacks: readonly ("followups" | "modals" | "resume")[];
}

const TOKEN_MS = 900_000;
const EPHEMERAL = 64;

export interface Interactions {
  readonly routes: Route[];
  /** Resolves with the first answer, or when nobody waits for it any more. */
  raise(raised: Raised): Promise<Outcome>;
}

export function createInteractions({ world, setTimer, url, patienceMs, dispatch, edited, lacks }: InteractionOptions): Interactions {
  const open = new Map<string, Open>();

  function raise(raised: Raised): Promise<Outcome> {
    const id = world.newId();
    const token = `token-of-${id}`;
    return new Promise((resolve) => {
      const cancel = setTimer(patienceMs, () => one.settle({ acknowledged: false }));
      const one: Open = {
        raised,
        id,
        token,
        at: world.now(),
        outcome: undefined,
        settle(outcome) {
          cancel();
          one.outcome ??= outcome;
          resolve(one.outcome);
        },
      };
      open.set(token, one);
      dispatch(raised, interactionJson(one));
    });
  }

  function interactionJson({ raised, id, token }: Open): Json {
    const { bot, by, channelId, type, data, message } = raised;
    const channel = world.channels.get(channelId);
    const guild = world.guilds.get(channel?.guildId ?? "");
    return {
      id,
      token,
      type,
      data,
      version: 1,
      application_id: bot.user.id,
      channel_id: channelId,
      channel: channel && channelJson(world, channel),
      locale: "en-US",
      entitlements: [],
      authorizing_integration_owners: {},
      context: guild ? 0 : 1,
      attachment_size_limit: 10_485_760,
      app_permissions: String(channel ? world.permissions(bot.user.id, channel) : 0n),
      ...(guild
        ? { guild_id: guild.id, guild_locale: "en-US", member: { ...memberJson(world, guild, by.id), permissions: "0" } }
        : { user: userJson(by) }),
      ...(message ? { message: messageJson(world, message, { bot, url: url() }) } : {}),
    };
  }

  function respond({ params, body }: Call): { json?: unknown } {
    const one = open.get(params[1] ?? "");
    if (!one || one.id !== params[0] || world.now() - one.at > patienceMs) throw new Refusal(404, 10062, "Unknown interaction");
    if (one.outcome) throw new Refusal(400, 40060, "Interaction has already been acknowledged.");
    const { type, data = {} } = body as { type: number; data?: Json };
    one.settle(outcomeOf(one, type, data));
    return {};
  }

  function outcomeOf(one: Open, type: number, data: Json): Outcome {
    const { message } = one.raised;
    switch (type) {
      case 4:
        checkMessage(data, 0);
        return { acknowledged: true, answer: say(one, data) };
      case 5:
      case 6:
        return { acknowledged: true };
      case 7:
        if (!message) throw new Refusal(400, 50035, "Invalid Form Body");
        checkComponents((data["components"] ?? []) as Json[]);
        Object.assign(message, data);
        edited(message);
        return { acknowledged: true };
      case 9:
        if (lacks.includes("modals") || one.raised.type === 5) throw new Refusal(400, 50035, "Invalid Form Body");
        checkModal(data);
        return { acknowledged: true, modal: data };
      default:
        throw new Refusal(400, 50035, "Invalid Form Body");
    }
  }

  /** The words, if they are for this person alone; else a message like any other. */
  function say({ raised: { bot, by, channelId } }: Open, data: Json): string | undefined {
    const isPrivate = (Number(data["flags"] ?? 0) & EPHEMERAL) !== 0;
    const content = String(data["content"] ?? "");
    world.keep({ channelId, author: bot.user, content, onlyFor: isPrivate ? by.id : undefined });
    return isPrivate ? content : undefined;
  }

  function followUp({ params, body }: Call): { json: unknown } {
    if (lacks.includes("followups")) throw new Refusal(404, 0, "404: Not Found");
    const one = open.get(params[1] ?? "");
    if (!one || world.now() - one.at > TOKEN_MS) throw new Refusal(401, 50027, "Invalid Webhook Token");
    checkMessage(body, 0);
    say(one, body);
    return { json: { id: world.newId() } };
  }

  return {
    raise,
    routes: [
      { method: "POST", path: /\/interactions\/(\d+)\/([^/]+)\/callback/, isOpen: true, answer: respond },
      { method: "POST", path: /\/webhooks\/(\d+)\/([^/]+)/, isOpen: true, answer: followUp },
    ],
  };
}
