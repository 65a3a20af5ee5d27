/**
 * RENDER: one message of the hub becomes what a platform with these powers and limits can show. Pure.
 * Degrades what the platform cannot, splits what is too long, and redacts as the last thing before it leaves.
 */
import { sizeInWords } from "../blobs/size-words.ts";
import type { OutboundMessage } from "../contract/message.ts";
import { markedText } from "../delivery/duplicate-mark.ts";
import { partsOf, type TextFile, type TextTarget } from "../delivery/parts.ts";
import { redactCard, redactText } from "../redaction/outbound.ts";
import type { Redact } from "../redaction/secrets.ts";

/** Where a message goes, and what keeps secrets in. */
export interface Target {
  readonly connector: TextTarget;
  readonly redact: Redact;
}

export interface Rendered {
  /** The messages to send, in order; at least one. */
  readonly parts: readonly OutboundMessage[];
  /** To be kept as a file, and attached to the last part before that leaves: a text that would have needed too many. */
  readonly file?: TextFile | undefined;
}

/**
 * Only the first part can be an edit or carry the card and its buttons; each part has a key of its own, derived from the message's, so that a
 * part sent before a crash is not sent again. `doubtfulPart` is the index of a part that may have been sent before: it carries the mark, and
 * the borders of the parts stay where they were.
 */
export async function render(message: OutboundMessage, { connector, redact }: Target, doubtfulPart?: number): Promise<Rendered> {
  const { can } = connector;
  const attachments = message.attachments?.map((file) => ({ ...file, name: redact(file.name) }));
  const text = redactText({ ...message, text: can?.upload ? message.text : withFileNames(message) }, redact);
  const { texts, file } = await partsOf(text, connector, markedText(""), message.mentions);
  const edits = can?.edit ? message.edits : undefined;
  const first = { ...message, edits, text: texts[0] ?? "", card: message.card && redactCard(message.card, redact), attachments };
  // A change in place takes no file; that follows.
  const further = file && edits ? [...texts.slice(1), ATTACHED] : texts.slice(1);
  const later = further.map((part, at) => {
    const index = at + 1;
    const shown = index === doubtfulPart ? markedText(part) : part;
    return { ...placeOf(message), text: shown, idempotencyKey: message.idempotencyKey && `${message.idempotencyKey}.${index + 1}` };
  });
  return { parts: [first, ...later], file };
}

const ATTACHED = "The whole of it is attached.";

function placeOf({ threadId, chatId, trace }: OutboundMessage): Omit<OutboundMessage, "text"> {
  return { threadId, chatId, trace };
}

/** Where a platform takes no files people at least hear of them. */
function withFileNames({ text, attachments = [] }: OutboundMessage): string {
  return [text, ...attachments.map(({ name, sizeBytes }) => `attached: ${name} (${sizeInWords(sizeBytes)})`)].filter(Boolean).join("\n");
}
