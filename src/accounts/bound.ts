/** What a connector may ask about the conversations of its account. */
import type { ConnectorContext } from "../contract/connector.ts";
import { addressKey } from "../contract/ids.ts";
import type { StoreReader } from "../contract/store.ts";

/** Whether what people say there is meant for the hub though nobody mentions it. */
export function createIsBound(store: Pick<StoreReader, "get">, account: string): ConnectorContext["isBound"] {
  return async ({ workspaceId: workspace, chatId: chat, threadId: thread }) => {
    const bound = await store.get("bindings", addressKey({ account, workspace, chat, thread }));
    return bound !== undefined && bound.needsMention !== true;
  };
}
