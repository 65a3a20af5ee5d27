/**
 * Which addresses are still to be looked at, in the store: a process that dies between the question and the answer leaves them due again.
 * An address that does not answer is asked some times more, since what was deployed just now may still be starting.
 */
import type { Effect, UrlChecked, Work } from "../contract/handler.ts";
import { put, remove, type StoreReader, type Write } from "../contract/store.ts";

const PREFIX = "deploy/check/";
/** After how long each further look is taken, ms; longer than one may last, so that two never overlap. */
const WAITS_MS = [15_000, 30_000, 60_000] as const;

interface Due {
  readonly url: string;
  readonly at: number;
  /** Looks begun so far. */
  readonly looks: number;
}

export function beginCheck(deployId: string, url: string, now: number): Required<Pick<Work, "writes" | "effects">> {
  return look(deployId, { url, looks: 0 }, now);
}

/** The looks that are due, as one unit; undefined when there is none. */
export async function dueChecks(store: StoreReader, now: number): Promise<Work | undefined> {
  const due = (await dueRows(store)).filter(({ at }) => at <= now);
  if (due.length === 0) return undefined;
  const works = due.map(({ id, ...row }) => look(id, row, now));
  return { writes: works.flatMap(({ writes }) => writes), effects: works.flatMap(({ effects }) => effects) };
}

export async function nextCheck(store: StoreReader): Promise<number | undefined> {
  const rows = await dueRows(store);
  return rows.length === 0 ? undefined : Math.min(...rows.map(({ at }) => at));
}

/** `isOpen`: another look is to come, so nothing is known yet. */
export async function endCheck(
  { deployId, url, answer }: UrlChecked,
  store: StoreReader,
): Promise<{ readonly isOpen: boolean; readonly writes: readonly Write[] }> {
  const row = await store.get("kv", PREFIX + deployId);
  const due = row && (JSON.parse(row.value) as Due);
  if (!due || due.url !== url) return { isOpen: false, writes: [] };
  const isOpen = answer.outcome === "silent" && due.looks <= WAITS_MS.length - 1;
  return isOpen ? { isOpen, writes: [] } : { isOpen, writes: [dropCheck(deployId)] };
}

/** Nobody asks any more. */
export function dropCheck(deployId: string): Write {
  return remove("kv", PREFIX + deployId);
}

function look(deployId: string, { url, looks }: Pick<Due, "url" | "looks">, now: number) {
  const next: Due = { url, looks: looks + 1, at: now + (WAITS_MS[Math.min(looks, WAITS_MS.length - 1)] ?? 0) };
  const effect: Effect = { type: "check_url", deployId, url };
  return { writes: [put("kv", PREFIX + deployId, { value: JSON.stringify(next), expiresAt: null })], effects: [effect] };
}

async function dueRows(store: StoreReader): Promise<(Due & { readonly id: string })[]> {
  const rows = await store.find("kv", { idPrefix: PREFIX, limit: Infinity });
  return rows.map(({ id, value }) => ({ ...(JSON.parse(value) as Due), id: id.slice(PREFIX.length) }));
}
