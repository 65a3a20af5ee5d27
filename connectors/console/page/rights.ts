/** Who looks and what they may do, as the hub says just now: what is drawn for one person need not fit another. Decides nothing. */
import type { Deciders } from "../../../src/contract/connector.ts";
import type { Sender } from "../decode.ts";
import type { ShownMessage } from "../entry.ts";
import { LOCAL_SENDER } from "../ids.ts";
import type { Inward } from "../take.ts";

/** Who looks, and where the console answers. */
export interface Reader {
  readonly id: string;
  readonly home: string;
  /** False for who may look and, as an approver, decide, but not write. */
  readonly mayTalk: boolean;
}

/** A message as one reader sees it. `deciders`: of an approval that is pending. */
export type SeenMessage = ShownMessage & { readonly deciders?: Deciders | undefined };

/** A program with the local token is no person, and is told by the hub what it may not do. */
export async function readerOf({ rights }: Inward, { id }: Sender, home: string): Promise<Reader> {
  return { id, home, mayTalk: rights === undefined || id === LOCAL_SENDER || (await rights.mayTalk(id)) };
}

export async function seenBy({ rights }: Inward, { id }: Reader, message: ShownMessage): Promise<SeenMessage> {
  const { card } = message;
  if (card?.type !== "approval" || card.state !== "pending" || id === LOCAL_SENDER) return message;
  return { ...message, deciders: await rights?.decidersOf(card.id, id) };
}
