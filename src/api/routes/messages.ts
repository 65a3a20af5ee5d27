/** Saying something to a chat in the hub's own name. */
import { createHash } from "node:crypto";
import { HubError } from "../../contract/errors.ts";
import { say } from "../../contract/handler.ts";
import { newId } from "../../contract/ids.ts";
import type { Write } from "../../contract/store.ts";
import type { KnownCaller } from "../callers.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { messageTaken, messageToSend } from "../shapes.ts";

export function messageRoutes({ journal, connectors, settings }: ApiParts): Route[] {
  /** Written once for each id, whatever happens to the answers. */
  async function write(actorId: string, account: string, { id, write: row }: { id: string; write: Write }) {
    const work = await journal.settle({ actorId, scope: `account/${account}` }, async () => ({
      writes: (await journal.store.get("outbox", id)) ? [] : [row],
    }));
    const written = await journal.store.get("outbox", id);
    if (!written) throw new HubError("internal", { trace: id });
    return { id, trace: written.trace, isNew: work.writes.length > 0 };
  }

  return [
    route({
      method: "post",
      path: "/v1/messages",
      summary: "Say something to a chat in the hub's own name; with an Idempotency-Key at most once",
      scope: "chat",
      body: messageToSend,
      status: 202,
      answer: messageTaken,
      handle: async ({ body, caller, idempotencyKey }) => {
        const { text, account = [...connectors.keys()][0] ?? "", chat, thread } = body;
        if (!connectors.has(account)) throw new HubError("not_found", { what: "account", id: account });
        const home = settings.homes.find((address) => address.account === account);
        if (chat === undefined && !home) throw new HubError("bad_request", { problems: `chat: ${account} has no home chat, so name one` });
        const address = { account, workspace: home?.workspace, chat: chat ?? home?.chat ?? "", thread };
        const id = idempotencyKey === undefined ? undefined : idOf(caller, idempotencyKey);
        return write(caller.personId, account, say({ id, address, text: settings.redact(text), trace: newId("trc"), urgency: "notice" }));
      },
    }),
  ];
}

/** Two programs that draw the same key are two messages. */
function idOf({ id }: KnownCaller, key: string): string {
  return `out_${createHash("sha256")
    .update(JSON.stringify([id, key]))
    .digest("hex")
    .slice(0, 32)}`;
}
