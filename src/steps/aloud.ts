/**
 * Refusals are said aloud: where a platform has no answer to a message of its own, the hub says it in the chat. Not durable, since a code
 * for a stranger must not lie on a disk; a platform that was not acknowledged delivers the message again. Says the same once a minute.
 */
import type { Clock } from "../clock.ts";
import type { Connector } from "../contract/connector.ts";
import { newId } from "../contract/ids.ts";
import type { Ack, PersonEvent } from "../contract/message.ts";
import type { Governor } from "../delivery/governor.ts";
import { addressOf } from "./record.ts";

const SAME_AGAIN_MS = 60_000;
/** A refusal that the pace of the platform holds up for longer says nothing any more. */
const LATE_MS = 60_000;

type Message = Extract<PersonEvent, { type: "message" }>;
export type Take = (account: string, event: PersonEvent) => Promise<Ack>;

export interface AloudParts {
  readonly clock: Clock;
  readonly governor: Pick<Governor, "waitMs" | "spend">;
  readonly connectorOf: (account: string) => Connector | undefined;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void };
}

export function createAloud({ clock, governor, connectorOf, log }: AloudParts, take: Take): Take {
  const said = new Map<string, number>();

  return async function receive(account, event) {
    const ack = await take(account, event);
    const connector = connectorOf(account);
    if (ack.type !== "refused" || ack.privateText === "" || event.type !== "message") return ack;
    if (!connector || connector.can?.answersMessages || !isNew(account, event, ack.privateText)) return ack;
    say(connector, { account, event, text: ack.privateText, until: clock.now() + LATE_MS });
    return ack;
  };

  function isNew(account: string, { sender, chatId }: PersonEvent, text: string): boolean {
    const now = clock.now();
    for (const [key, at] of said) if (now - at >= SAME_AGAIN_MS) said.delete(key);
    // "Again in 12 s" and "again in 11 s" are the same.
    const key = JSON.stringify([account, chatId, sender, text.replace(/\d+ s\b/g, "")]);
    if (said.has(key)) return false;
    said.set(key, now);
    return true;
  }

  function say(connector: Connector, refusal: Refusal): void {
    const { account, event, until } = refusal;
    const address = addressOf(account, event);
    const wait = governor.waitMs(address, "send");
    if (wait > 0) {
      if (clock.now() + wait < until) clock.setTimer(wait, () => say(connector, refusal));
      return;
    }
    const answered = governor.spend(address, "send");
    tell(connector, refusal)
      .catch((thrown: unknown) => log.warn({ account, err: thrown }, "a refusal could not be said"))
      .finally(answered);
  }
}

interface Refusal {
  readonly account: string;
  readonly event: Message;
  readonly text: string;
  /** Epoch ms. */
  readonly until: number;
}

/** Before others only to its sender, where the platform can. */
async function tell({ can, send }: Connector, { event, text }: Refusal): Promise<void> {
  const { chatId, threadId, sender, direct } = event;
  const told =
    can?.whisper && !direct
      ? await can.whisper({ chatId, threadId }, sender, text)
      : await send({ text, chatId, threadId, idempotencyKey: newId("out") });
  if (told && !told.delivered) throw new Error(told.error);
}
