/** A turn as its agent is given it. Pure. */
import type { Turn } from "../contract/orchestrator.ts";
import type { Row } from "../contract/tables.ts";
import { markPrompt } from "./marks.ts";
import { messagesOf } from "./messages.ts";

export function promptFor(turn: Row<"turns">, person: Row<"people"> | undefined): Turn {
  const messages = messagesOf(turn);
  const text = messages
    .map((message) => message.text)
    .filter(Boolean)
    .join("\n\n");
  return {
    turnId: turn.id,
    session: turn.sessionKey,
    trace: turn.trace,
    text: turn.mark === undefined ? text : markPrompt(text, turn.mark),
    attempt: turn.attempt,
    tenantId: turn.tenantId,
    person: { id: turn.personId, name: person?.name ?? "mos-hub", dir: person?.dir ?? "hub" },
    attachments: messages.flatMap(({ attachments }) => attachments),
  };
}
