/** One delivery of a webhook, from raw bytes to news: the signature first, then JSON, then its shape. Pure. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { HubError } from "../../contract/errors.ts";
import type { Delivery } from "../../contract/handler.ts";
import { deployNews, type DeployNews } from "../../contract/orchestrator.ts";
import { GITHUB_DELIVERY, GITHUB_SIGNATURE, readGithub } from "./github.ts";
import { KOOMPI_DELIVERY, KOOMPI_SIGNATURE, readKoompi } from "./koompi.ts";
import { readMapped } from "./mapped.ts";
import { isSigned } from "./signature.ts";
import type { Read, SignatureShape, Webhook } from "./webhook.ts";

export interface Delivered {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export type Taken = { readonly news: DeployNews; readonly delivery: Delivery } | { readonly ignored: string };

/** Throws HubError `webhook_unsigned`, or `bad_request` for what the signature's holder should not have sent. */
export function takeDelivery(webhook: Webhook, { headers, body }: Delivered): Taken {
  const { signature, delivery } = doorOf(webhook);
  if (!isSigned(body, headers.get(signature.header), { ...signature, secret: webhook.secret })) throw new HubError("webhook_unsigned");
  const read = readBody(webhook, jsonOf(body), headers);
  if ("ignored" in read) return read;
  const { app = read.news.app, environment = read.news.environment } = webhook;
  const id = delivery === undefined ? null : headers.get(delivery);
  // The header is not signed: the same body under another id is a replay, too.
  const digest = createHash("sha256").update(body).digest("hex");
  const keys = [`${webhook.name} body ${digest}`, ...(id === null ? [] : [`${webhook.name} id ${id}`])];
  return { news: { ...read.news, app, environment }, delivery: { keys, digest } };
}

function doorOf({ shape }: Webhook): { readonly signature: SignatureShape; readonly delivery: string | undefined } {
  switch (shape.type) {
    case "github":
      return { signature: GITHUB_SIGNATURE, delivery: GITHUB_DELIVERY };
    case "koompi":
      return { signature: KOOMPI_SIGNATURE, delivery: KOOMPI_DELIVERY };
    case "mapped":
      return { signature: shape.signature, delivery: shape.delivery };
    default:
      return shape satisfies never;
  }
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as unknown;
  } catch (cause) {
    throw new HubError("bad_request", { problems: "the body is not JSON" }, { cause });
  }
}

function readBody({ shape }: Webhook, body: unknown, headers: Headers): Read {
  try {
    const read = readAs(shape, body, headers);
    return "news" in read ? { news: deployNews.parse(read.news) } : read;
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown;
    const places = [...new Set(thrown.issues.map(({ path }) => path.join(".") || "the body"))].slice(0, 5);
    throw new HubError("bad_request", { problems: `not the shape that is expected here: ${places.join(", ").slice(0, 200)}` });
  }
}

function readAs(shape: Webhook["shape"], body: unknown, headers: Headers): Read {
  switch (shape.type) {
    case "github":
      return readGithub(body, headers);
    case "koompi":
      return readKoompi(body, shape.domain);
    case "mapped":
      return readMapped(body, shape);
    default:
      return shape satisfies never;
  }
}
