/** What came with a message, fetched as it comes, since a platform's links expire; what cannot be had is said in its words. */
import type { Attachment, InboundMessage } from "../../src/contract/message.ts";

export interface SentFile {
  readonly name: string;
  /** Rejects with words for the person who sent it. */
  fetch(): Promise<Attachment>;
}

/** Never rejects. One file after the other. */
export async function takeFiles(message: InboundMessage, files: readonly SentFile[]): Promise<InboundMessage> {
  const attachments: Attachment[] = [];
  const words = [message.text];
  for (const file of files) {
    const kept = await file.fetch().catch((thrown: unknown) => String((thrown as Error).message));
    if (typeof kept === "string") words.push(`(the file "${file.name}" could not be taken: ${kept})`);
    else attachments.push(kept);
  }
  const text = words.filter(Boolean).join("\n");
  return attachments.length > 0 ? { ...message, text, attachments } : { ...message, text };
}
