/** What came with a message, fetched as it comes, since a platform's links expire; what cannot be had is said in its words. */
import type { Attachment, InboundMessage } from "../../src/contract/message.ts";

/** Never rejects: `fetchFile` does with words for a person. */
export async function takeFiles<F>(
  message: InboundMessage,
  files: readonly F[],
  { nameOf, fetchFile }: { readonly nameOf: (file: F) => string; readonly fetchFile: (file: F) => Promise<Attachment> },
): Promise<InboundMessage> {
  const attachments: Attachment[] = [];
  const words = [message.text];
  for (const one of files) {
    const kept = await fetchFile(one).catch((thrown: unknown) => String((thrown as Error).message));
    if (typeof kept === "string") words.push(`(the file "${nameOf(one)}" could not be taken: ${kept})`);
    else attachments.push(kept);
  }
  const text = words.filter(Boolean).join("\n");
  return attachments.length > 0 ? { ...message, text, attachments } : { ...message, text };
}
