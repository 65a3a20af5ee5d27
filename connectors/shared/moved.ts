/** A chat, or one thread of it, goes on under another id. Pure. */
import type { Place } from "../../src/contract/connector.ts";
import type { ConnectorEvent } from "../../src/contract/message.ts";

export interface Moved {
  /** The kind: it is the platform's own doing. */
  readonly by: string;
  readonly workspaceId?: string | undefined;
  readonly from: Place;
  readonly to: Place;
  /** Epoch ms. */
  readonly at: number;
}

/** The same event for the same move, however often it is told. */
export function movedEvent({ by, workspaceId, from, to, at }: Moved): ConnectorEvent {
  const eventId = `moved:${from.chatId}/${from.threadId ?? ""}:${to.chatId}/${to.threadId ?? ""}`;
  return { type: "moved", eventId, sender: by, ts: new Date(at).toISOString(), workspaceId, ...from, to };
}
