/** What a message waits for people to say before it is answered. */
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { messagesOf } from "../turns/messages.ts";

interface Said {
  readonly trace: string;
  readonly inbox: readonly Row<"inbox">[];
  readonly turns: readonly Row<"turns">[];
}

/** The codes of what is asked in its conversation, while its turn works or is queued there; else none. */
export async function waitsFor(store: StoreReader, { trace, inbox, turns }: Said): Promise<string[]> {
  const sessionKey = (inbox[0] ?? turns[0])?.sessionKey ?? undefined;
  if (sessionKey === undefined) return [];
  const live = await store.find("turns", { where: { sessionKey, state: { in: ["queued", "prompting", "running"] } } });
  if (!live.some((turn) => messagesOf(turn).some((message) => message.trace === trace))) return [];
  const asked = await store.find("approvals", { where: { sessionKey, state: "pending" } });
  return asked.map(({ code }) => code);
}
