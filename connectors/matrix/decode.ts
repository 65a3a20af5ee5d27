/**
 * From Matrix's events to what they mean to the hub: pure. Where a reply or a reaction belongs is looked up by receive.ts.
 * A shape that is none of Matrix's means nothing: anybody in a room may send any JSON.
 */
import { z } from "zod";
import { type Choice, choiceOf } from "./ids.ts";

/** What is not as it should be is not there. */
const maybe = <T>(shape: z.ZodType<T>) => shape.optional().catch(undefined);
const text = maybe(z.string());

const reply = maybe(z.object({ event_id: z.string() }));
const relation = z.object({ rel_type: text, event_id: text, key: text, is_falling_back: maybe(z.boolean()), "m.in_reply_to": reply });

export const roomEvent = z.object({
  event_id: z.string(),
  type: z.string(),
  sender: z.string(),
  /** Another server may say anything; a date has to come of it. */
  origin_server_ts: z.number().min(0).max(8.64e15).catch(0),
  content: z.record(z.string(), z.unknown()).catch({}),
  state_key: text,
  redacts: text,
  unsigned: maybe(z.object({ prev_content: maybe(z.object({ membership: z.string() })), redacted_because: z.unknown().optional() })),
});
export type RoomEvent = z.infer<typeof roomEvent>;

export type MatrixFile = { readonly url: string; readonly name: string; readonly mimeType: string | undefined };

/** Where a message stands, as its own content says it. */
export interface Standing {
  readonly threadId?: string | undefined;
  /** The event a plain reply answers; the fallback inside a thread is none. */
  readonly replyTo?: string | undefined;
}

export type Decoded =
  | ({
      readonly type: "message";
      readonly text: string;
      readonly file?: MatrixFile | undefined;
      readonly isMention: boolean;
      /** A command or a decision, which needs no mention. */
      readonly isOrder: boolean;
    } & Standing)
  | { readonly type: "edited"; readonly target: string; readonly text: string }
  | { readonly type: "deleted"; readonly target: string }
  | { readonly type: "reaction"; readonly target: string; readonly choice: Choice }
  | { readonly type: "member"; readonly user: string; readonly name?: string | undefined }
  | { readonly type: "encrypted" };

/** The hub's user, and what people call it. */
export interface Self {
  readonly userId: string;
  readonly name?: string | undefined;
}

/** Undefined: nothing for the hub. Own events are not left out here. */
export function decode(event: RoomEvent, self: Self): Decoded | undefined {
  switch (event.type) {
    case "m.room.message":
      return decodeMessage(event, self);
    case "m.reaction": {
      const { event_id: target, key = "" } = relationOf(event);
      const choice = choiceOf(key);
      return target !== undefined && choice !== undefined ? { type: "reaction", target, choice } : undefined;
    }
    case "m.room.redaction": {
      const target = event.redacts ?? event.content["redacts"];
      return typeof target === "string" ? { type: "deleted", target } : undefined;
    }
    case "m.room.member":
      return { type: "member", user: event.state_key ?? "", name: text.parse(event.content["displayname"]) };
    case "m.room.encryption":
    case "m.room.encrypted":
      return { type: "encrypted" };
    default:
      return undefined;
  }
}

const messageContent = z.object({
  msgtype: z.string(),
  body: z.string().default(""),
  formatted_body: text,
  url: text,
  filename: text,
  info: maybe(z.object({ mimetype: text })),
  // There at all, it says who is meant.
  "m.mentions": z
    .object({ user_ids: z.array(z.string()).catch([]) })
    .optional()
    .catch({ user_ids: [] }),
  "m.new_content": maybe(z.object({ body: z.string() })),
});
type MessageContent = z.infer<typeof messageContent>;

const WORDS = ["m.text", "m.emote"];
const FILES = ["m.file", "m.image", "m.audio", "m.video"];

function decodeMessage(event: RoomEvent, self: Self): Decoded | undefined {
  const content = messageContent.safeParse(event.content).data;
  // A notice is another program's: whoever answers those may never stop.
  if (!content || ![...WORDS, ...FILES].includes(content.msgtype)) return undefined;
  const { rel_type, event_id } = relationOf(event);
  if (rel_type === "m.replace") {
    const words = content["m.new_content"]?.body;
    return event_id === undefined || words === undefined ? undefined : { type: "edited", target: event_id, text: withoutName(words, self) };
  }
  const file = FILES.includes(content.msgtype) ? fileOf(content) : undefined;
  const standing = standingOf(event);
  const words = file === undefined ? content.body : captionOf(content);
  const isMention = mentions(content, self);
  const said = isMention ? withoutName(words, self) : words;
  if (said.trim() === "" && file === undefined && !isMention) return undefined;
  return { type: "message", text: said, file, isMention, isOrder: ORDER.test(said), ...standing };
}

/** What the hub reads as a command or a decision wherever it is typed. */
const ORDER = /^\s*(?:![a-z]|(?:approve|deny)\s+[a-z0-9]{3}[\s-]?[a-z0-9]{3}\b)/i;

export function relationOf({ content }: Pick<RoomEvent, "content">): z.infer<typeof relation> {
  return relation.safeParse(content["m.relates_to"]).data ?? {};
}

export function standingOf(event: Pick<RoomEvent, "content">): Standing {
  const { rel_type, event_id, is_falling_back, "m.in_reply_to": reply } = relationOf(event);
  if (rel_type === "m.thread") return { threadId: event_id, replyTo: is_falling_back === true ? undefined : reply?.event_id };
  return { replyTo: reply?.event_id };
}

function fileOf({ url, filename, body, info }: MessageContent): MatrixFile | undefined {
  return url === undefined ? undefined : { url, name: filename ?? (body || "file"), mimeType: info?.mimetype };
}

/** Beside a `filename` the body is what the person wrote about it (v1.10); without one it is the name. */
const captionOf = ({ filename, body }: MessageContent): string => (filename !== undefined && filename !== body ? body : "");

/** `m.mentions` says it; a client too old to send it names us in the text. */
function mentions(content: MessageContent, { userId }: Self): boolean {
  const meant = content["m.mentions"];
  if (meant) return meant.user_ids.includes(userId);
  return content.body.includes(userId) || (content.formatted_body?.includes(`matrix.to/#/${userId}`) ?? false);
}

/** The name a message is addressed with, as clients write it: `Mos: …`, `@mos:server …`, or the link of a pill. */
function withoutName(words: string, { userId, name }: Self): string {
  const [local = ""] = userId.split(":");
  const names = [userId, local, local.slice(1), ...(name === undefined || name === "" ? [] : [name, `@${name}`])].map(escapeRegex);
  const link = `\\[[^\\]\\n]{1,100}\\]\\(https://matrix\\.to/#/${escapeRegex(userId)}\\)`;
  return words.replace(new RegExp(`^\\s*(?:${[link, ...names].join("|")})(?:\\s*[:,]\\s*|\\s+|$)`, "i"), "");
}

const escapeRegex = (plain: string): string => plain.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
