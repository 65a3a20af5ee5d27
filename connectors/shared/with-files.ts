/** What was attached to a message is fetched with it; what cannot be is said in its words. */
import type { Attachment, InboundMessage } from "../../src/contract/message.ts";

/** `fetch` rejects with words for the person who sent it. One file after the other. */
export async function withFiles<F>(
  message: InboundMessage,
  files: readonly F[],
  { nameOf, fetch }: { readonly nameOf: (file: F) => string; readonly fetch: (file: F) => Promise<Attachment> },
): Promise<InboundMessage> {
  const attachments: Attachment[] = [];
  const words = [message.text];
  for (const one of files) {
    const kept = await fetch(one).catch((thrown: unknown) => String((thrown as Error).message));
    if (typeof kept === "string") words.push(`(the file "${nameOf(one)}" could not be taken: ${kept})`);
    else attachments.push(kept);
  }
  const text = words.filter(Boolean).join("\n");
  return attachments.length > 0 ? { ...message, text, attachments } : { ...message, text };
}
