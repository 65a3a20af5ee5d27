/** How a call of the hub proves that it is one: Standard Webhooks (standardwebhooks.com), HMAC-SHA256 over id, time and body. Pure. */
import { createHmac } from "node:crypto";

/** `at` in epoch ms. A secret that begins with `whsec_` is base64, as that standard writes it. */
export function signatureHeaders(secret: string, { id, at, body }: { id: string; at: number; body: string }): Record<string, string> {
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
  const timestamp = String(Math.floor(at / 1000));
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}` };
}
