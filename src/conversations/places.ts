/** Where a conversation lives: one place or, mirrored, several. Each place has exactly one conversation, its binding. Only reads. */
import { type Address, addressKey, conversationName, type SessionKey } from "../contract/ids.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { pagesOf } from "../store/pages.ts";

export async function bindingsOf(store: StoreReader, session: SessionKey): Promise<Row<"bindings">[]> {
  return store.find("bindings", { where: { sessionKey: session }, limit: Infinity });
}

/** The other places of a conversation. */
export async function placesBeside(store: StoreReader, session: SessionKey, here: Address): Promise<Address[]> {
  const all = await bindingsOf(store, session);
  return all.map(({ address }) => address).filter((address) => addressKey(address) !== addressKey(here));
}

/** An open conversation by the name that lists show, with or without its `chat-`; with `closed` also one that has ended. */
export async function findConversation(
  store: StoreReader,
  typed: string,
  { closed = false }: { readonly closed?: boolean } = {},
): Promise<Row<"sessions"> | undefined> {
  const wanted = `chat-${typed
    .trim()
    .toLowerCase()
    .replace(/^chat-/, "")}`;
  for await (const page of pagesOf(store, "sessions", closed ? {} : { where: { status: "open" } })) {
    const found = page.find(({ id }) => conversationName(id) === wanted);
    if (found) return found;
  }
  return undefined;
}

/** A platform that is one chat is named once. */
export function placeWords({ account, chat, thread }: Address): string {
  return [account, ...(chat === account ? [] : [chat]), ...(thread ? [`thread ${thread}`] : [])].join(" · ");
}
