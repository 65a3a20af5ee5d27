/** What the hub's answer says to the person alone. Pure. */
import type { Ack } from "../../src/contract/message.ts";

/** Empty: they are to hear nothing. */
export function answerWords(ack: Ack | undefined): string {
  return ack?.type === "refused" ? ack.privateText : ack?.type === "privateText" ? ack.text : "";
}
