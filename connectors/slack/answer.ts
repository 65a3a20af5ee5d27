/**
 * Interactions: what is pressed, chosen, filled in, or typed as a slash command. Slack waits three seconds for the acknowledgement, which is given
 * when the hub has written it down; forms open inside it, since their trigger lives as long. Slack Developer Docs, "Handling user interaction"
 * (2026).
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Form } from "../../src/contract/message.ts";
import type { Inward } from "../shared/account.ts";
import { answerWords } from "../shared/answer-words.ts";
import type { CardMemory } from "../shared/card-memory.ts";
import { cutMiddle } from "../shared/cut.ts";
import { encodeMrkdwn } from "../shared/markdown/mrkdwn.ts";
import { ApiError } from "../shared/api-error.ts";
import { commandOf } from "../shared/menu.ts";
import { parsePressId, type Press, pressId } from "../shared/press.ts";
import { type Api } from "./api.ts";
import { type Block, detailsOf, modalOf } from "./cards.ts";
import { type Self, threadOf } from "./decode.ts";
import { TEXT_LIMIT } from "./encode.ts";
import { type Reading, readingKey, readingOf } from "./ids.ts";
import type { Send } from "./send.ts";
import type { Envelope } from "./session.ts";

const user = z.object({ id: z.string(), username: z.string().nullish(), name: z.string().nullish() });
const by = { user, team: z.object({ id: z.string() }).nullish(), trigger_id: z.string() };
const message = z.object({ ts: z.string(), thread_ts: z.string().nullish() }).optional();
const actions = z.array(z.object({ action_id: z.string() })).min(1);
const pressed = z.object({ ...by, type: z.literal("block_actions"), channel: z.object({ id: z.string() }), message, actions });
const input = z.object({ value: z.string().nullish(), selected_option: z.object({ value: z.string() }).nullish() });
const state = z.object({ values: z.record(z.string(), z.record(z.string(), input)) });
const view = z.object({ callback_id: z.string(), private_metadata: z.string(), state });
const submitted = z.object({ ...by, type: z.literal("view_submission"), view });
const ids = { user_id: z.string(), channel_id: z.string(), team_id: z.string(), trigger_id: z.string() };
const command = z.object({ ...ids, text: z.string().default(""), user_name: z.string().nullish() });

interface By {
  readonly trigger: string;
  readonly sender: string;
  readonly senderName: string | undefined;
  readonly at: Reading;
}

export interface AnswerParts extends Inward {
  readonly context: Pick<ConnectorContext, "log" | "now">;
  readonly api: Api;
  readonly cards: CardMemory;
  readonly self: () => Self;
  readonly whisper: Send["can"]["whisper"];
}

/** What it resolves with goes into the acknowledgement. */
export function createAnswer({ context, api, cards, self, whisper, deliverMessage, deliverEvent }: AnswerParts) {
  const { log } = context;
  return async function answer({ type, body }: Envelope): Promise<unknown> {
    const told = type === "slash_commands" ? command.safeParse(body) : z.union([pressed, submitted]).safeParse(body);
    // Shortcuts, closed forms and the like ask for nothing.
    if (!told.success) return undefined;
    const workspace = "team_id" in told.data ? told.data.team_id : told.data.team?.id;
    if (workspace !== undefined && workspace !== self().teamId) return void log.warn({}, "a press in another workspace was left alone");
    if ("actions" in told.data) return press(told.data);
    return "view" in told.data ? submit(told.data) : say(told.data);
  };

  async function press({ actions: [action], ...by }: z.infer<typeof pressed>): Promise<undefined> {
    const found = parsePressId(action?.action_id ?? "");
    const thread = by.message && threadOf(by.message);
    const who = byOf(by.user, by.trigger_id, { channel: by.channel.id, thread });
    if (!found) return undefined;
    const { verb, subject, choice } = found;
    if (verb === "more") return open(who, detailsOf(await cards.action(found)));
    if (verb === "form") {
      const form = await cards.form(found);
      return form ? open(who, formOf(form, found, who)) : tell(who, "This question is no longer open.");
    }
    const ack = await deliverEvent({ ...placed(who), type: "action", subject, choice });
    if (ack?.type === "openForm") return open(who, formOf(ack.form, { subject: ack.subject, choice }, who));
    return tell(who, answerWords(ack));
  }

  async function submit({ view, user: by, trigger_id: trigger }: z.infer<typeof submitted>): Promise<unknown> {
    const found = parsePressId(view.callback_id);
    if (!found) return undefined;
    const who = byOf(by, trigger, readingOf(view.private_metadata));
    const fields = Object.values(view.state.values).flatMap((block) => Object.entries(block));
    const values = Object.fromEntries(fields.map(([name, { value, selected_option: chosen }]) => [name, chosen?.value ?? value ?? ""]));
    const { subject, choice } = found;
    const ack = await deliverEvent({ ...placed(who), type: "action", subject, choice, values });
    if (ack?.type === "openForm") return { response_action: "update", view: formOf(ack.form, { subject: ack.subject, choice }, who) };
    return tell(who, answerWords(ack));
  }

  /** `/mos status` is `!status`. What is refused the hub says itself. */
  async function say({ text: typed, ...by }: z.infer<typeof command>): Promise<unknown> {
    const text = commandOf(typed);
    const who = byOf({ id: by.user_id, name: by.user_name }, by.trigger_id, { channel: by.channel_id });
    const direct = by.channel_id.startsWith("D");
    const ack = await deliverMessage({ ...placed(who), text, direct, mentionsBot: true });
    if (ack?.type === "refused") return undefined;
    return { response_type: "ephemeral", text: encodeMrkdwn(answerWords(ack) || `Taken: \`${text}\``) };
  }

  function placed({ trigger, sender, senderName, at }: By) {
    // A trigger is given once: the same press told again has the same.
    const eventId = `press:${trigger}`;
    const ts = new Date(context.now()).toISOString();
    return { eventId, sender, senderName, ts, workspaceId: self().teamId, chatId: at.channel, threadId: at.thread };
  }

  /** Not waited for: the press is taken, whether the words arrive or not. Who is to hear nothing gets no answer at all. */
  function tell({ sender, at }: By, text: string): undefined {
    if (text === "") return undefined;
    whisper({ chatId: at.channel, threadId: at.thread }, sender, cutMiddle(text, TEXT_LIMIT.max / 2)).catch((thrown: unknown) =>
      log.warn({ reason: (thrown as Error).message }, "the answer to a press did not arrive"),
    );
    return undefined;
  }

  async function open(who: By, view: Block): Promise<undefined> {
    try {
      await api.call("views.open", { trigger_id: who.trigger, view });
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      log.warn({ reason: thrown.message }, "a form could not be opened");
      tell(who, "No form could be opened. Press again, or type it as the card says.");
    }
    return undefined;
  }
}

function byOf({ id, username, name }: z.infer<typeof user>, trigger: string, at: Reading): By {
  return { trigger, sender: id, senderName: username ?? name ?? undefined, at };
}

function formOf(form: Form, { subject, choice }: Pick<Press, "subject" | "choice">, { at }: By): Block {
  return modalOf(form, pressId({ verb: "sent", subject, choice }), readingKey(at));
}
