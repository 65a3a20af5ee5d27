/**
 * Takes what a person says or presses: hands it to the hub, and shows a message to everybody once the hub has it.
 * Decides nothing: who may speak is the hub's to say, in its Ack.
 */
import type { Files, Rights } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import type { Ack, ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { type ActionRequest, decodeAck, decodeAction, decodeMessage, decodeToEntry, type MessageRequest, type Sender } from "./decode.ts";
import type { Taken } from "./entry.ts";
import type { Audience } from "./feed.ts";
import type { ConsoleFiles } from "./files.ts";
import { eventIdOf, keyOfEvent } from "./ids.ts";
import type { MessageLog } from "./log.ts";
import type { Marks } from "./page/marks.ts";
import type { Unsent } from "./page/unsent.ts";
import type { Turnstile } from "./send.ts";

export interface Inward {
  readonly log: MessageLog;
  readonly marks: Marks;
  readonly audience: Audience;
  readonly turnstile: Turnstile;
  readonly files: ConsoleFiles;
  readonly blobs: Files;
  readonly unsent: Unsent;
  readonly now: () => number;
  readonly rights: Rights | undefined;
  /** Registered secrets are not kept here either: people see what the agent sees. */
  readonly hideSecrets: (text: string) => string;
  /** Hands the event to the hub; undefined when nobody has subscribed yet. A rejection means "not taken". */
  readonly deliverMessage: (message: InboundMessage) => Promise<{ readonly ack: Ack | void } | undefined>;
  readonly deliverEvent: (event: ConnectorEvent) => Promise<{ readonly ack: Ack | void } | undefined>;
}

export type Outcome = Taken | { readonly refused: string };

/** Rejects when the hub did not take it; the same request may then be sent again. */
export async function takeMessage(inward: Inward, request: MessageRequest, sender: Sender): Promise<Outcome> {
  const key = keyOfEvent(eventIdOf(sender.id, request.clientId));
  const files = await inward.files.named(request.files, sender.id, key);
  const message = decodeMessage(request, sender, inward.now(), files);
  return inward.turnstile.hold(async () => {
    const taken = await inward.deliverMessage(message);
    if (taken === undefined) throw new HubError("hub_stopping");
    const answer = decodeAck(taken.ack, message);
    if ("refused" in answer) return answer;
    await inward.files.give(files, key);
    await inward.unsent.remove(sender.id, request.files);
    await inward.log.append(decodeToEntry({ ...message, text: inward.hideSecrets(message.text) }, answer.trace, files));
    return answer;
  });
}

export async function takeAction(inward: Inward, request: ActionRequest, sender: Sender): Promise<Outcome> {
  const action = decodeAction(request, sender, inward.now());
  const taken = await inward.deliverEvent(action);
  if (taken === undefined) throw new HubError("hub_stopping");
  return decodeAck(taken.ack, action);
}
