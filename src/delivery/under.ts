/**
 * The thread of a message: where a platform opens threads from messages, what belongs to one message is said there. The same thread each time,
 * since the platform gives the same one again.
 */
import type { Connector } from "../contract/connector.ts";
import { HubError } from "../contract/errors.ts";
import type { OutboundMessage, SendResult } from "../contract/message.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

const TITLE_MAX = 60;

/** The thread to say it in, undefined for the chat itself, or the refusal of a platform that is to be asked again. */
export async function threadUnder(
  { op, address, lane }: Row<"outbox">,
  { can }: Connector,
  store: StoreReader,
): Promise<Pick<OutboundMessage, "threadId"> | SendResult> {
  const id = op.type === "send" ? op.underOutboxId : undefined;
  const above = id === undefined ? undefined : await store.get("outbox", id);
  const from = above?.lane === lane ? above.receipts[0]?.messageId : undefined;
  if (!can?.openThread || !from || address.thread !== undefined) return {};
  try {
    return await can.openThread({ chatId: address.chat }, from, titleOf(above));
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.verdict === "drop") return {};
    return { delivered: false, outcome: "not_sent", error: `no thread could be opened: ${String(thrown)}`, verdict: { do: "retry" } };
  }
}

/** What stands over the thread: of a card what it is about. */
function titleOf(above: Row<"outbox"> | undefined): string {
  const message = above?.op.type === "send" ? above.op.message : undefined;
  const { card, text = "" } = message ?? {};
  const title = card?.type === "deploy" ? `${card.app} (${card.environment})` : (text.split("\n")[0] ?? "");
  return [...title].slice(0, TITLE_MAX).join("");
}
