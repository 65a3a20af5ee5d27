/** Saying something to a chat in the hub's own name. */
import { HubError } from "../../contract/errors.ts";
import { say } from "../../contract/handler.ts";
import { newId } from "../../contract/ids.ts";
import type { Write } from "../../contract/store.ts";
import type { ApiParts } from "../parts.ts";
import { addressFor, idFrom } from "../posting.ts";
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
        const address = addressFor(body, { connectors, homes: settings.homes });
        const id = idempotencyKey === undefined ? undefined : idFrom("out", caller, idempotencyKey);
        const saying = { id, address, text: settings.redact(body.text), trace: newId("trc"), urgency: "notice" } as const;
        return write(caller.personId, address.account, say(saying));
      },
    }),
  ];
}
