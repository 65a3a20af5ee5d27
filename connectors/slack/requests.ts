/**
 * HTTP mode: what Slack posts to the hub's public address. Nothing is read before its signature holds and its time is near; the answer comes when
 * the hub has taken it. Slack Developer Docs, "Verifying requests from Slack" (2026).
 */
import type { ConnectorContext } from "../../src/contract/connector.ts";
import { isSignedBy } from "../shared/signature.ts";
import type { Envelope } from "./session.ts";

const MAX_SKEW_S = 300;

type Context = Pick<ConnectorContext, "now" | "log">;
type Take = (envelope: Envelope) => Promise<unknown>;

export function createRequests(secret: string, context: Context, take: Take): (request: Request) => Promise<Response> {
  return async function answer(request) {
    if (request.method !== "POST") return said(405, "Slack posts here.");
    const raw = Buffer.from(await request.arrayBuffer());
    if (!isSigned(request.headers, raw)) return said(401, "The signature does not hold.");
    const body = bodyOf(request.headers.get("content-type") ?? "", raw.toString("utf8"));
    if (body === undefined) return said(400, "This cannot be read.");
    if (!("type" in body)) return Response.json(body);
    try {
      const reply = await take(body);
      return reply === undefined ? new Response() : Response.json(reply);
    } catch (err) {
      context.log.warn({ err }, "an event of Slack was not acknowledged; it will come again");
      return said(503, "It could not be taken.");
    }
  };

  function isSigned(headers: Headers, raw: Buffer): boolean {
    const seconds = headers.get("x-slack-request-timestamp") ?? "";
    const isNear = /^\d{1,12}$/.test(seconds) && Math.abs(context.now() / 1000 - Number(seconds)) <= MAX_SKEW_S;
    const [, signature = ""] = /^v0=(\w+)$/.exec(headers.get("x-slack-signature") ?? "") ?? [];
    return isNear && isSignedBy(secret, [`v0:${seconds}:`, raw], signature);
  }
}

const said = (status: number, words: string): Response => new Response(`${words}\n`, { status });

/** An envelope, or what is answered at once. Undefined when it cannot be read. */
function bodyOf(type: string, text: string): Envelope | { readonly challenge?: unknown } | undefined {
  try {
    if (type.startsWith("application/json")) {
      const body = JSON.parse(text) as { readonly type?: unknown; readonly challenge?: unknown };
      return body.type === "url_verification" ? { challenge: body.challenge } : { type: "events_api", body };
    }
    const form = Object.fromEntries(new URLSearchParams(text));
    if (form["ssl_check"] !== undefined) return {};
    if (form["payload"] === undefined) return { type: "slash_commands", body: form };
    return { type: "interactive", body: JSON.parse(form["payload"]) as unknown };
  } catch {
    return undefined;
  }
}
