/** Whether a caller knows a secret, told in a time that says nothing of how much of it was right. */
import { timingSafeEqual } from "node:crypto";

export function isSameSecret(given: string, secret: string): boolean {
  const [first, second] = [Buffer.from(given), Buffer.from(secret)];
  return first.length === second.length && timingSafeEqual(first, second);
}
