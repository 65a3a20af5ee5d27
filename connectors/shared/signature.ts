/** The signatures platforms put on what they post to the hub: HMAC-SHA256 in hexadecimal, compared in constant time. Pure. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Never true for an empty secret. */
export function isSignedBy(secret: string, signed: readonly (string | Uint8Array)[], signature: string): boolean {
  if (secret === "") return false;
  const hmac = createHmac("sha256", secret);
  for (const part of signed) hmac.update(part);
  const [wanted, given] = [Buffer.from(hmac.digest("hex")), Buffer.from(signature)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
