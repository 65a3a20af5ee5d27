/** Whether a body came from whoever holds the secret: its raw bytes, before anything is read from them. Compared in constant time. Pure. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { SignatureShape } from "./webhook.ts";

/** Never true for an empty secret or a header that is missing. */
export function isSigned(
  body: Uint8Array,
  given: string | null,
  { secret, prefix, encoding }: Omit<SignatureShape, "header"> & { readonly secret: string },
): boolean {
  if (secret === "" || given === null || !given.startsWith(prefix)) return false;
  const wanted = Buffer.from(createHmac("sha256", secret).update(body).digest(encoding));
  const found = Buffer.from(given.slice(prefix.length));
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}
