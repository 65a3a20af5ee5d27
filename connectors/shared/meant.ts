/** Which of the things people say are meant for the hub: on platforms where a bot hears what is not addressed to it. Pure. */
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { InboundMessage } from "../../src/contract/message.ts";

/** Said by a person. `needsBinding`: not addressed to the bot, so only meant for it where one of the hub's conversations lives. */
export interface Decoded {
  readonly message: InboundMessage;
  readonly needsBinding: boolean;
}

/** `!mos status` is `!status`, and addressed to the hub wherever it is said. */
const OWN_COMMAND = /^!mos\s+!?(?=\S)/i;
/** A decision, which nobody types by chance. */
const TYPED_DECISION = /^!?(approve|deny|answer)\s+[A-Z0-9]{3}-?[A-Z0-9]{3}\b/i;

/** `said`: without the mention of the bot, if there was one. */
export function decodedAs(said: InboundMessage): Decoded {
  const text = said.text.replace(OWN_COMMAND, "!");
  const mentionsBot = said.mentionsBot || text !== said.text;
  return { message: { ...said, text, mentionsBot }, needsBinding: !said.direct && !mentionsBot && !TYPED_DECISION.test(text) };
}

export async function isMeant({ message, needsBinding }: Decoded, { isBound }: Pick<ConnectorContext, "isBound">): Promise<boolean> {
  return !needsBinding || isBound(message);
}
