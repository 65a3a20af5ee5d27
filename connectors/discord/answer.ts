/**
 * Interactions: what is pressed, chosen, filled in, or typed as a slash command. Discord takes one answer within three seconds, and the hub's Ack
 * is that answer: nothing is acknowledged before it is written down. A slower hub leaves "This interaction failed", and one presses again.
 * Discord Developer Docs, Interactions, "Receiving and Responding" (2026).
 */
import type { Client } from "discord.js";
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Ack, Form } from "../../src/contract/message.ts";
import type { Inward } from "../shared/account.ts";
import type { CardMemory } from "../shared/card-memory.ts";
import { cutMiddle } from "../shared/cut.ts";
import { ApiError, isDropped } from "../shared/api-error.ts";
import { commandOf } from "../shared/menu.ts";
import { parsePressId, type Press, pressId } from "../shared/press.ts";
import { type Api } from "./api.ts";
import { modalOf } from "./cards.ts";
import { type At, user } from "./decode.ts";
import { TEXT_LIMIT } from "./encode.ts";
import { timeOf } from "./ids.ts";
import { placeOf } from "./receive.ts";

const input = z.object({ custom_id: z.string(), value: z.string().default("") });
const interaction = z.object({
  id: z.string(),
  token: z.string(),
  type: z.number(),
  channel_id: z.string(),
  member: z.object({ user, nick: z.string().nullish() }).optional(),
  user: user.optional(),
  data: z.object({
    custom_id: z.string().default(""),
    values: z.array(z.string()).default([]),
    options: z.array(z.object({ value: z.unknown() })).default([]),
    components: z.array(z.object({ components: z.array(input).default([]) })).default([]),
  }),
});
type Interaction = z.infer<typeof interaction>;

const COMMAND = 2;
const ANSWER = { message: 4, silently: 6, modal: 9 } as const;
const EPHEMERAL = 64;

export interface AnswerParts extends Inward {
  readonly log: ConnectorContext["log"];
  readonly api: Api;
  readonly cards: CardMemory;
}

type Reply = { readonly type: number; readonly data?: unknown };

export function createAnswer({ log, api, cards, deliverMessage, deliverEvent }: AnswerParts) {
  return async function answer(payload: unknown, client: Client): Promise<void> {
    const { data: found } = interaction.safeParse(payload);
    const at = found && (await placeOf(found.channel_id, client));
    const reply = at && (await (found.type === COMMAND ? commanded(found, at) : pressed(found, at)));
    if (reply) await respond(found, reply);
  };

  async function pressed(found: Interaction, at: At): Promise<Reply | undefined> {
    const { custom_id, values: chosen, components } = found.data;
    const press = parsePressId(custom_id);
    if (!press) return privately("This button means nothing any more.");
    if (press.verb === "form") return ask(press);
    const { verb, subject } = press;
    if (verb === "more") return privately(fenced(await cards.action(press)));
    const typed = Object.fromEntries(components.flatMap((row) => row.components.map(({ custom_id: name, value }) => [name, value])));
    const choice = chosen[0] ?? press.choice;
    const values = verb === "sent" ? { values: typed } : {};
    return replyOf(
      await deliverEvent({ ...placed(found, at), type: "action", subject, choice, ...values }),
      { type: ANSWER.silently },
      choice,
    );
  }

  /** `/mos status` is `!status`. */
  async function commanded(found: Interaction, at: At): Promise<Reply | undefined> {
    const typed = found.data.options.map(({ value }) => String(value)).join(" ");
    const text = commandOf(typed);
    const ack = await deliverMessage({ ...placed(found, at), text, direct: at.direct, mentionsBot: true });
    return replyOf(ack, privately(`Taken: ${text}`));
  }

  async function ask(press: Press): Promise<Reply> {
    const form = await cards.form(press);
    return form ? modal(form, press) : privately("This question is no longer open.");
  }

  async function respond({ id, token }: Interaction, body: Reply): Promise<void> {
    const asking = { method: "POST", path: `/interactions/${id}/${token}/callback`, auth: false } as const;
    try {
      await api.call({ ...asking, body });
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      log.warn({ reason: thrown.message }, "the answer to a press did not arrive");
      // Some servers that speak like Discord have no forms.
      if (body.type !== ANSWER.modal || !isDropped(thrown)) return;
      await api.call({ ...asking, body: privately("No form can be shown here. Type it instead, as the card says.") });
    }
  }
}

/** `choice`: what a form that is asked for now will be sent with. */
function replyOf(ack: Ack | undefined, taken: Reply, choice = ""): Reply | undefined {
  switch (ack?.type) {
    case undefined:
    case "accepted":
      return ack && taken;
    case "refused":
      // Who is to hear nothing gets no answer at all.
      return ack.privateText === "" ? undefined : privately(ack.privateText);
    case "privateText":
      return privately(ack.text);
    case "openForm":
      return modal(ack.form, { subject: ack.subject, choice });
    default:
      return ack satisfies never;
  }
}

function placed({ id, member, user: direct }: Interaction, { workspaceId, chatId, threadId }: At) {
  const by = member?.user ?? direct;
  const senderName = member?.nick ?? by?.global_name ?? by?.username;
  return { eventId: id, sender: by?.id ?? "", senderName, ts: new Date(timeOf(id)).toISOString(), workspaceId, chatId, threadId };
}

function privately(text: string): Reply {
  return { type: ANSWER.message, data: { content: cutMiddle(text, TEXT_LIMIT.max), flags: EPHEMERAL, allowed_mentions: { parse: [] } } };
}

function modal(form: Form, { subject, choice }: Pick<Press, "subject" | "choice">): Reply {
  return { type: ANSWER.modal, data: modalOf(form, pressId({ verb: "sent", subject, choice })) };
}

const fenced = (text: string): string => `\`\`\`\n${cutMiddle(text.replaceAll("```", "'''"), TEXT_LIMIT.max - 8)}\n\`\`\``;
