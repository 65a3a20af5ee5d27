/**
 * What Slack tells reaches the hub, and only then is it acknowledged: messages in the order of their channel or thread, presses and commands at
 * once. One post may be told as `message` and as `app_mention`, and again when its acknowledgement is late: it is taken once.
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Attachment } from "../../src/contract/message.ts";
import type { Inward } from "../shared/account.ts";
import type { Gap } from "../shared/gap.ts";
import { createHearing } from "../shared/hearing.ts";
import { mentionedIn } from "../shared/markdown/read-mrkdwn.ts";
import type { Marks } from "../shared/marks.ts";
import { type Decoded, isMeant } from "../shared/meant.ts";
import { takeFiles } from "../shared/take-files.ts";
import type { SlackConfig } from "./config.ts";
import { changed, decodeChanged, decodeMessage, decodeMoved, decodeRemoved } from "./decode.ts";
import { removed, renumbered, slackMessage, spoken, threadOf } from "./decode.ts";
import type { At, DecodedEvent, DecodeOptions, Self, SlackFile, SlackMessage } from "./decode.ts";
import { readingKey, readingOf } from "./ids.ts";
import type { Envelope } from "./session.ts";

export interface ReceiveParts extends Inward {
  readonly context: ConnectorContext;
  readonly marks: Marks;
  readonly settings: SlackConfig;
  readonly self: () => Self;
  readonly gap: () => Pick<Gap, "begin" | "inTurn" | "retry">;
  /** Of each id that could be found in time. */
  readonly namesOf: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly fetchFile: (file: SlackFile) => Promise<Attachment>;
  /** What it resolves with goes into the acknowledgement. */
  readonly onInteraction: (envelope: Envelope) => Promise<unknown>;
}

export interface Receive {
  /** Rejects when the hub could not take it. */
  envelope(envelope: Envelope): Promise<unknown>;
  /** Something Slack told was lost. */
  missed(): void;
  /** A message of history. True when it was one for us and the hub has taken it. */
  take(message: { readonly id: string }): Promise<boolean>;
}

/** A message of history, with the key of what was read. */
export type Past = { readonly id: string; readonly key: string; readonly message: unknown };

const inner = z.looseObject({ type: z.string(), subtype: z.string().nullish() });
const outer = z.object({ type: z.string(), team_id: z.string().nullish(), event: inner.optional() });

export function createReceive(parts: ReceiveParts): Receive {
  const { context, marks, settings, self, gap, namesOf, fetchFile, onInteraction, deliverMessage, deliverEvent } = parts;
  const { log } = context;
  const hearing = createHearing({ marks, context, gap });

  async function envelope({ type, body }: Envelope): Promise<unknown> {
    if (type !== "events_api") return onInteraction({ type, body });
    const { type: kind, team_id: team, event } = outer.safeParse(body).data ?? {};
    if (kind === "app_rate_limited") return missed();
    // One app may be in several workspaces, each of which is an account of its own.
    if (team && team !== self().teamId) return void log.warn({}, "an event of another workspace was left alone");
    if (event?.type === "channel_id_changed") return move(event);
    if (event?.type !== "message" && event?.type !== "app_mention") return undefined;
    if (event.subtype === "message_changed") return follow(changed.safeParse(event).data, decodeChanged);
    if (event.subtype === "message_deleted") return follow(removed.safeParse(event).data, decodeRemoved);
    const { data: said } = spoken.safeParse(event);
    return said && gap().inTurn(keyOf(said, said), async () => void (await hear(said, said)));
  }

  /** Slack keeps events back for a while and never sends them, or sent what is not understood. */
  function missed(): void {
    log.warn({}, "events of Slack were missed; they are fetched from history");
    gap().begin();
  }

  const keyOf = (message: SlackMessage, { channel }: At): string => readingKey({ channel, thread: threadOf(message) });

  /** True when it was for us. Rejects when the hub could not take it. */
  async function hear(said: SlackMessage, at: At): Promise<boolean> {
    const { ts, files } = said;
    const decode = async () => decodeMessage(said, at, await optionsFor(said));
    const sent = (files ?? []).map((file) => ({ name: file.name ?? file.id, fetch: () => fetchFile(file) }));
    const hand = async ({ message }: Decoded) => deliverMessage(await takeFiles(message, sent));
    const isOurs = await hearing({ key: keyOf(said, at), id: ts, decode, hand });
    // From here on its answers are looked for, too.
    if (isOurs && threadOf(said) === undefined) await marks.done(readingKey({ channel: at.channel, thread: ts }), ts, true);
    return isOurs;
  }

  async function optionsFor({ user, text }: SlackMessage): Promise<DecodeOptions> {
    const names = await namesOf([user ?? "", ...mentionedIn(text)].filter((id) => id !== "" && id !== self().userId));
    return { self: self(), directThreads: settings.direct_threads, nameOf: (id) => names.get(id) };
  }

  /** A change or removal, in turn with the message itself. */
  async function follow<T extends At & { readonly previous_message: SlackMessage }>(
    told: T | undefined,
    decode: (told: T, options: DecodeOptions) => DecodedEvent | undefined,
  ): Promise<void> {
    if (!told) return;
    await gap().inTurn(keyOf(told.previous_message, told), async () => {
      const decoded = decode(told, await optionsFor(told.previous_message));
      if (decoded && (await isMeant(decoded, context))) await deliverEvent(decoded.event);
    });
  }

  /** The hub follows; its threads there are looked at under the new id from now on. */
  async function move(event: unknown): Promise<void> {
    const { data: told } = renumbered.safeParse(event);
    if (!told) return;
    await deliverEvent(decodeMoved(told, self()));
    await marks.rename((key) => {
      const { channel, thread } = readingOf(key);
      return channel === told.old_channel_id ? readingKey({ channel: told.new_channel_id, thread }) : undefined;
    });
  }

  async function take({ message, key }: Past): Promise<boolean> {
    const { data: said } = slackMessage.safeParse(message);
    try {
      return said !== undefined && (await hear(said, { channel: readingOf(key).channel }));
    } catch (err) {
      log.warn({ err }, "a message of Slack's history could not be taken; it will be fetched again");
      return false;
    }
  }

  return { envelope, missed, take: (message) => take(message as Past) };
}
