/** What was delivered once and must not count again, such as a webhook that is replayed. Kept in the store with what it led to. */
import { createHash } from "node:crypto";
import type { View } from "../contract/handler.ts";
import { insert, remove, type Write } from "../contract/store.ts";

const PREFIX = "deploy/delivery/";
/** Longer than anybody delivers again by himself, 3 days; a later replay says nothing that the record does not know. */
const KEPT_MS = 30 * 86_400_000;

const SWEEP_ROWS = 16;

const idOf = (delivery: string): string => PREFIX + createHash("sha256").update(delivery).digest("hex");

export async function takenBefore(deliveries: readonly string[], { store }: Pick<View, "store">): Promise<boolean> {
  const rows = await Promise.all(deliveries.map((delivery) => store.get("kv", idOf(delivery))));
  return rows.some((row) => row !== undefined);
}

/** Takes some along that are over, so that they do not pile up. */
export async function takenWrites(deliveries: readonly string[], { store, now }: Pick<View, "store" | "now">): Promise<Write[]> {
  if (deliveries.length === 0) return [];
  const over = await store.find("kv", { idPrefix: PREFIX, where: { expiresAt: { below: now } }, limit: SWEEP_ROWS });
  const taken = deliveries.map((delivery) => insert("kv", idOf(delivery), { value: "", expiresAt: now + KEPT_MS }));
  return [...over.map(({ id }) => remove("kv", id)), ...taken];
}
