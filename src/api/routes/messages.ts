/** Saying something to a chat in the hub's own name. */
import type { Hono } from "hono";
import { z } from "zod";
import { HubError } from "../../contract/errors.ts";
import { say } from "../../contract/handler.ts";
import { newId } from "../../contract/ids.ts";
import type { ApiParts } from "../parts.ts";
import { bodyOf } from "../problem.ts";

const messageBody = z.strictObject({
  text: z.string().min(1),
  /** Absent: the first account. */
  account: z.string().optional(),
  /** Absent: the account's home chat. */
  chat: z.string().optional(),
  thread: z.string().optional(),
});

export function messageRoutes(app: Hono, { journal, connectors, settings }: ApiParts): void {
  app.post("/v1/messages", async ({ req, json }) => {
    const { text, account = [...connectors.keys()][0] ?? "", chat, thread } = await bodyOf(req.raw, messageBody);
    if (!connectors.has(account)) throw new HubError("not_found", { what: "account", id: account });
    const home = settings.homes.find((address) => address.account === account);
    if (chat === undefined && !home) throw new HubError("bad_request", { problems: `chat: ${account} has no home chat, so name one` });
    const address = { account, workspace: home?.workspace, chat: chat ?? home?.chat ?? "", thread };
    const { id, write } = say({ address, text, trace: newId("trc"), urgency: "notice" });
    await journal.settle({ actorId: "api", scope: `account/${account}` }, async () => ({ writes: [write] }));
    return json({ id, trace: (await journal.store.get("outbox", id))?.trace }, 202);
  });
}
