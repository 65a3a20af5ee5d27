/** Words for one person alone, where others read. Invariant: nobody else sees them, whatever the platform does. */
import type { Connector } from "../contract/connector.ts";
import type { OnlyTo, OutboundMessage, SendResult } from "../contract/message.ts";

/** What may be said before all takes their place where that person cannot be told alone. */
export async function whisper(
  { sender, otherwise }: OnlyTo,
  part: OutboundMessage,
  connector: Pick<Connector, "can" | "send">,
): Promise<SendResult> {
  const { chatId = "", threadId, text, idempotencyKey, trace } = part;
  try {
    if (!connector.can?.whisper) return await connector.send({ ...part, text: otherwise });
    const told = await connector.can.whisper({ chatId, threadId }, sender, text, { idempotencyKey, trace });
    return told ?? { delivered: true, outcome: "sent" };
  } catch {
    return connector.send({ ...part, text: otherwise });
  }
}
