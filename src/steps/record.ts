/**
 * RECORD: an event from a platform becomes a row of the journal, once. Only then may the platform be acknowledged.
 * Of strangers the row keeps ids and never text. Failure exit: the promise rejects, nothing is acknowledged, the platform delivers again.
 */
import { type Address, inboxId, newId } from "../contract/ids.ts";
import { HubError } from "../contract/errors.ts";
import type { Ack, PersonEvent } from "../contract/message.ts";
import { insert } from "../contract/store.ts";
import type { InboxFields, Row } from "../contract/tables.ts";
import type { Clock } from "../clock.ts";
import type { Journal } from "../store/journal.ts";
import { findPerson } from "../people/directory.ts";
import { createPace } from "../people/pace.ts";
import { isHeard } from "../people/strangers.ts";
import { hideInEvent } from "../redaction/person-words.ts";

export interface Recorded {
  readonly row: Row<"inbox">;
  readonly person: Row<"people"> | undefined;
  /** A message in a chat of its sender and the hub alone. */
  readonly direct?: boolean;
  /** What a stranger calls themselves, who is told a code; no row of the inbox keeps it. */
  readonly strangerName?: string | undefined;
  /** The platform delivered an event we had already. */
  readonly again: boolean;
}

export interface RecordParts {
  readonly journal: Journal;
  readonly clock: Clock;
  /** The longest message taken, in bytes of UTF-8. */
  readonly messageBytes: number;
  /** How much one person may say. */
  readonly messagesPerMinute: number;
  /** Replaces registered secrets that arrive in chat by their reference. */
  readonly hideSecrets: (text: string) => string;
}

/** Undefined: strangers did so much lately that this is not even written down. */
export type RecordStep = (account: string, event: PersonEvent) => Promise<Recorded | undefined>;

export function createRecord({ journal, clock, messageBytes, messagesPerMinute: max, hideSecrets }: RecordParts): RecordStep {
  const pace = createPace({ store: journal.store, clock, max });

  return async function record(account, event) {
    const id = inboxId(account, event.eventId);
    const known = await journal.store.get("inbox", id);
    const person = findPerson(await journal.store.find("people", { limit: Infinity }), account, event.sender);
    const direct = event.type === "message" && event.direct;
    const strangerName = person || !event.senderName ? undefined : hideSecrets(event.senderName);
    if (known) return { row: known, person, direct, strangerName, again: true };
    if (person) {
      refuseTooLong(event, messageBytes);
      await pace.refuseTooMany(person, event);
    } else if (!(await isHeard(journal.store, account, clock.now()))) return undefined;
    const fields = inboxFields({ account, event, person, now: clock.now(), hideSecrets });
    const fresh = await journal.commit({
      actorId: person?.id ?? "stranger",
      scope: `account/${account}`,
      writes: [insert("inbox", id, fields)],
    });
    if (person && fresh) pace.took(person, event);
    const row = await journal.store.get("inbox", id);
    if (!row) throw new HubError("internal", { trace: fields.trace });
    return { row, person, direct, strangerName, again: !fresh };
  };
}

/** The answer to a platform that delivers what we had already: the same as the first time. To who is not heard: silence. */
export function ackAgain(row: Row<"inbox"> | undefined): Ack {
  if (!row) return { type: "refused", privateText: "" };
  return row.status === "refused" ? { type: "refused", privateText: row.refusal ?? "" } : { type: "accepted", trace: row.trace };
}

interface Arrival {
  readonly account: string;
  readonly event: PersonEvent;
  readonly person: Row<"people"> | undefined;
  readonly now: number;
  readonly hideSecrets: (text: string) => string;
}

function inboxFields({ account, event, person, now, hideSecrets }: Arrival): InboxFields {
  return {
    account,
    address: addressOf(account, event),
    sender: event.sender,
    personId: person?.id ?? null,
    trace: newId("trc"),
    status: "recorded",
    sessionKey: null,
    handler: null,
    event: person ? hideInEvent(event, hideSecrets) : null,
    times: { received: now },
  };
}

export function addressOf(account: string, event: PersonEvent): Address {
  return { account, workspace: event.workspaceId, chat: event.chatId, thread: event.threadId };
}

function refuseTooLong(event: PersonEvent, max: number): void {
  if (event.type !== "message" && event.type !== "edited") return;
  const bytes = Buffer.byteLength(event.text);
  if (bytes > max) throw new HubError("message_too_long", { bytes, max });
}
