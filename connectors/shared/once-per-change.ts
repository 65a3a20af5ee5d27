/** What a platform is told once, and again when it is to be otherwise: a menu of commands and the like. */
import { createHash } from "node:crypto";
import type { Keyv } from "keyv";

/** Does it unless it was done with the same `wanted` before; what fails is done again the next time. */
export async function oncePerChange(state: Keyv, key: string, wanted: unknown, work: () => Promise<unknown>): Promise<void> {
  const digest = createHash("sha256").update(JSON.stringify(wanted)).digest("base64url");
  if ((await state.get(key)) === digest) return;
  await work();
  await state.set(key, digest);
}
