/** What was delivered once and must not count again, such as a webhook that is replayed. Kept in the store with the deploy it was about. */
import { createHash } from "node:crypto";
import { HubError } from "../contract/errors.ts";
import type { Delivery, View } from "../contract/handler.ts";
import { insert, remove, type Write } from "../contract/store.ts";

const PREFIX = "deploy/delivery/";
/** Longer than anybody delivers again by himself, 3 days; a later replay says nothing that the record does not know. */
const KEPT_MS = 30 * 86_400_000;

const SWEEP_ROWS = 16;

/** One of an earlier version is empty: taken, and no more is known. */
interface Taken {
  readonly digest?: string;
  readonly deployId?: string | undefined;
}

const idOf = (key: string): string => PREFIX + createHash("sha256").update(key).digest("hex");

/** Throws HubError `key_reused` where one of its keys came with something else. */
export async function takenBefore({ keys, digest }: Delivery, { store }: Pick<View, "store">): Promise<Taken | undefined> {
  const rows = await Promise.all(keys.map((key) => store.get("kv", idOf(key))));
  const taken = rows.flatMap((row) => (row ? [JSON.parse(row.value || "{}") as Taken] : []));
  if (taken.some((one) => one.digest !== undefined && one.digest !== digest)) throw new HubError("key_reused");
  return taken[0];
}

/** Takes some along that are over, so that they do not pile up. */
export async function takenWrites(
  { keys, digest }: Delivery,
  deployId: string | undefined,
  { store, now }: Pick<View, "store" | "now">,
): Promise<Write[]> {
  const over = await store.find("kv", { idPrefix: PREFIX, where: { expiresAt: { below: now } }, limit: SWEEP_ROWS });
  const value = JSON.stringify({ digest, deployId } satisfies Taken);
  const taken = keys.map((key) => insert("kv", idOf(key), { value, expiresAt: now + KEPT_MS }));
  return [...over.map(({ id }) => remove("kv", id)), ...taken];
}
