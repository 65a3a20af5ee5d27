/**
 * What the Bot API refuses, in its own words. Sources: Telegram Bot API 10.3 (lengths, counts), the published server's error texts (2026).
 * Lengths are UTF-16 units, as the API counts entities.
 */
import { type FakeButton, type FakeEntity, Refusal } from "./shapes.ts";

export const TEXT_MAX = 4096;
export const CAPTION_MAX = 1024;
export const CALLBACK_DATA_BYTES = 64;
export const CALLBACK_ANSWER_MAX = 200;
export const TOPIC_NAME_MAX = 128;
export const UPLOAD_BYTES = 50 * 1024 * 1024;
export const DOWNLOAD_BYTES = 20 * 1024 * 1024;
/** The general topic; it is never named in a call. */
export const GENERAL_TOPIC = 1;

/** Those a bot may react with, of the fixed list; ✅ and ❌ are not in it. */
export const REACTIONS = ["👍", "👎", "❤", "🔥", "🎉", "👀", "🤔", "👌", "🙏", "💯", "⚡", "✍", "🆒"];

const ENTITY_TYPES = [
  "bold",
  "italic",
  "underline",
  "strikethrough",
  "spoiler",
  "code",
  "pre",
  "text_link",
  "text_mention",
  "blockquote",
  "expandable_blockquote",
];

export function checkText(text: string, entities: readonly FakeEntity[], max = TEXT_MAX): void {
  if (max === TEXT_MAX && text.trim() === "") throw new Refusal(400, "Bad Request: message text is empty");
  if (!text.isWellFormed()) throw new Refusal(400, "Bad Request: strings must be encoded in UTF-8");
  if (text.length > max) throw new Refusal(400, `Bad Request: message ${max === TEXT_MAX ? "is" : "caption is"} too long`);
  for (const entity of entities) checkEntity(text, entity);
}

function checkEntity(text: string, { type, offset, length, url, user }: FakeEntity): void {
  if (!ENTITY_TYPES.includes(type)) throw new Refusal(400, `Bad Request: can't parse entities: unsupported type "${type}" specified`);
  const isInside = Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length > 0 && offset + length <= text.length;
  if (!isInside)
    throw new Refusal(
      400,
      `Bad Request: entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${offset + length}`,
    );
  if (isInPair(text, offset) || isInPair(text, offset + length))
    throw new Refusal(400, `Bad Request: entity beginning at UTF-16 offset ${offset} starts or ends in a middle of a UTF-16 symbol`);
  if (type === "text_mention" && user === undefined) throw new Refusal(400, "Bad Request: can't parse entities: a mention needs a user");
  if (type === "text_link" && !/^https?:\/\/|^tg:\/\//.test(url ?? ""))
    throw new Refusal(400, "Bad Request: can't parse entities: the link is not valid");
}

/** Whom a text notifies: those it names by an entity, and every `@name` that is in no code and no link. */
export function pingedBy(text: string, entities: readonly FakeEntity[]): string[] {
  const named = entities.flatMap(({ type, user }) => (type === "text_mention" && user ? [String(user.id)] : []));
  const apart = entities.filter(({ type }) => ["code", "pre", "text_link", "text_mention"].includes(type));
  const isApart = (at: number): boolean => apart.some(({ offset, length }) => offset <= at && at < offset + length);
  const linked = [...text.matchAll(/(?<!\w)@\w{3,32}/g)].filter(({ index }) => !isApart(index)).map(([name]) => name);
  return [...new Set([...named, ...linked])];
}

function isInPair(text: string, at: number): boolean {
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) && /[\uD800-\uDBFF]/.test(text.charAt(at - 1));
}

export function checkKeyboard(rows: readonly (readonly FakeButton[])[]): void {
  for (const button of rows.flat()) {
    if (button.text === "") throw new Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard");
    const bytes = Buffer.byteLength(button.callback_data ?? "");
    if (button.url === undefined && (bytes < 1 || bytes > CALLBACK_DATA_BYTES)) throw new Refusal(400, "Bad Request: BUTTON_DATA_INVALID");
    if (button.url !== undefined && !/^https?:\/\/[^/.]+\.[^/]|^https?:\/\/localhost|^tg:\/\//.test(button.url))
      throw new Refusal(400, "Bad Request: BUTTON_URL_INVALID");
  }
}

export function checkTopicName(name: string): void {
  if (name.length < 1 || name.length > TOPIC_NAME_MAX) throw new Refusal(400, "Bad Request: TOPIC_NAME_INVALID");
}
