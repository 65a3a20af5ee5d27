/**
 * The doors through which services report deploys. They carry no token of ours: what is not signed with the door's secret is refused before
 * anything of it is read, and what is taken is in the journal before it is acknowledged.
 */
import type { Context, Hono } from "hono";
import { HubError } from "../contract/errors.ts";
import { newId } from "../contract/ids.ts";
import { takeDelivery } from "../deploys/webhooks/take.ts";
import type { ApiParts } from "./parts.ts";
import { withLimitedBody } from "./body-limit.ts";

/** Several times the longest event there is; a log's tail is cut at 20,000 letters. */
const BODY_BYTES = 256 * 1024;

export function webhookDoors(app: Hono, { hub, webhooks, log }: Pick<ApiParts, "hub" | "webhooks" | "log">): void {
  const doors = new Map(webhooks.map((webhook) => [webhook.name, webhook]));

  app.post("/webhooks/:name", async ({ req, json }: Context) => {
    const name = req.param("name") ?? "";
    const webhook = doors.get(name);
    if (!webhook) throw new HubError("not_found", { what: "webhook", id: name });
    const body = await bytesOf(withLimitedBody(req.raw, BODY_BYTES));
    const taken = takeDelivery(webhook, { headers: req.raw.headers, body });
    if ("ignored" in taken) return json({ taken: false, reason: taken.ignored });
    const trace = newId("trc");
    const { changed } = await hub.announce({ report: taken.news, trace, delivery: taken.delivery }, `webhook ${name}`);
    const words = changed ? "a deploy was reported" : "a deploy was reported, which changed nothing";
    log.info({ webhook: name, trace, app: taken.news.app, state: taken.news.state }, words);
    return json({ taken: true, changed, trace }, 202);
  });
}

async function bytesOf(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (thrown) {
    if (thrown instanceof HubError) throw thrown;
    throw new HubError("bad_request", { problems: "the body broke off" }, { cause: thrown });
  }
}
