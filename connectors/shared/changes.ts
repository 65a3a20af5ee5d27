/** What people did to what was said before, and what became of a chat: each the same event however often it is told. Pure. */
import type { Place } from "../../src/contract/connector.ts";
import type { ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** `message` as it reads now. `at`: epoch ms; `mark`: the platform's own word for this change of it. */
export function editedEvent(message: InboundMessage, at: number, mark: string | number): ConnectorEvent {
  const { direct: _, mentionsBot: __, eventId, ...rest } = message;
  return { ...rest, type: "edited", eventId: `${eventId}:edited:${mark}`, messageEventId: eventId, ts: isoOf(at) };
}

/** `ts`: ISO-8601. */
export function deletedEvent({ eventId, sender, workspaceId, chatId, threadId }: InboundMessage, ts: string): ConnectorEvent {
  return { type: "deleted", eventId: `${eventId}:deleted`, messageEventId: eventId, sender, ts, workspaceId, chatId, threadId };
}

export interface Moved {
  /** The kind: it is the platform's own doing. */
  readonly by: string;
  readonly workspaceId?: string | undefined;
  readonly from: Place;
  readonly to: Place;
  /** Epoch ms. */
  readonly at: number;
}

/** A chat, or one thread of it, goes on under another id. */
export function movedEvent({ by, workspaceId, from, to, at }: Moved): ConnectorEvent {
  const eventId = `moved:${from.chatId}/${from.threadId ?? ""}:${to.chatId}/${to.threadId ?? ""}`;
  return { type: "moved", eventId, sender: by, ts: isoOf(at), workspaceId, ...from, to };
}
