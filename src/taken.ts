/**
 * What was sent once under a key and must not count again: a request sent once more, a webhook that is replayed. Kept in the store, in one commit
 * with what it came to. Invariant: the same under its key is taken once and answered alike; something else under it is refused.
 */
import { createHash } from "node:crypto";
import { HubError } from "./contract/errors.ts";
import type { Delivery, View } from "./contract/handler.ts";
import { insert, remove, type Write } from "./contract/store.ts";

/** Named after the deploys, which alone were kept here at first: what came before is still known. */
const PREFIX = "deploy/delivery/";
/** Longer than anybody sends again by himself, 3 days; a later replay of a deploy says nothing that its record does not know. */
const KEPT_MS = 30 * 86_400_000;

const SWEEP_ROWS = 16;

/** One of an earlier version is empty: taken, and no more is known. */
interface Taken {
  readonly digest?: string;
  /** Of what it came to. */
  readonly id?: string | undefined;
}

const idOf = (key: string): string => PREFIX + createHash("sha256").update(key).digest("hex");

/** Of a parsed body, whose fields stand in one order. */
export function digestOfSent(body: unknown): string {
  return createHash("sha256").update(JSON.stringify(body)).digest("hex");
}

/** Throws HubError `key_reused` where something else came under the key before. */
export function refuseOther({ digest: before }: { readonly digest?: string | undefined }, digest: string | undefined): void {
  if (before !== undefined && digest !== undefined && before !== digest) throw new HubError("key_reused");
}

/** Undefined for what is new, and for what has no key. Throws HubError `key_reused` where one of its keys came with something else. */
export async function takenBefore(delivery: Delivery | undefined, { store }: Pick<View, "store">): Promise<Taken | undefined> {
  const rows = await Promise.all((delivery?.keys ?? []).map((key) => store.get("kv", idOf(key))));
  const taken = rows.flatMap((row) => (row ? [JSON.parse(row.value || "{}") as Taken] : []));
  for (const one of taken) refuseOther(one, delivery?.digest);
  return taken[0];
}

/** `id`: of what it came to. Takes some along that are over, so that they do not pile up. */
export async function takenWrites(
  delivery: Delivery | undefined,
  id: string | undefined,
  { store, now }: Pick<View, "store" | "now">,
): Promise<Write[]> {
  if (!delivery) return [];
  const over = await store.find("kv", { idPrefix: PREFIX, where: { expiresAt: { below: now } }, limit: SWEEP_ROWS });
  const value = JSON.stringify({ digest: delivery.digest, id } satisfies Taken);
  const taken = delivery.keys.map((key) => insert("kv", idOf(key), { value, expiresAt: now + KEPT_MS }));
  return [...over.map((row) => remove("kv", row.id)), ...taken];
}
