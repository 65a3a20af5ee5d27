/**
 * What people said in a place about the deploys it hears of: one entry for each of follow and mute, app and environment, kept in the store.
 * Invariant: where two say something about the same state of the same deploy, the later one is right.
 */
import { createHash } from "node:crypto";
import { globMatches } from "../approvals/glob.ts";
import type { DeployInterest } from "../contract/deploys.ts";
import { type Address, addressKey } from "../contract/ids.ts";
import type { DeployState } from "../contract/message.ts";
import { put, remove, type StoreReader, type Write } from "../contract/store.ts";

const PREFIX = "deploy/follow/";

export interface Follow extends DeployInterest {
  readonly address: Address;
  readonly verb: "follow" | "mute";
  /** Those who said so: of a follow, whom a failure is to reach by name. */
  readonly people: readonly string[];
  /** Epoch ms. */
  readonly at: number;
}

/** What a rule is asked about. */
export interface Occasion {
  readonly app: string;
  readonly environment: string;
  readonly state: DeployState;
}

export async function followsOf(store: StoreReader, address?: Address): Promise<Follow[]> {
  const rows = await store.find("kv", { idPrefix: PREFIX, limit: Infinity });
  const all = rows.map(({ value }) => JSON.parse(value) as Follow);
  return address ? all.filter((one) => addressKey(one.address) === addressKey(address)) : all;
}

/** `asked` takes the place of what was said there before in the same words; of every state it also ends the opposite. */
export async function followWork(store: StoreReader, asked: Follow): Promise<Write[]> {
  const id = idOf(asked);
  const before = await store.get("kv", id);
  const people = before ? [...(JSON.parse(before.value) as Follow).people, ...asked.people] : asked.people;
  const value = JSON.stringify({ ...asked, people: [...new Set(people)] } satisfies Follow);
  const opposite = asked.verb === "follow" ? "mute" : "follow";
  const ends = asked.states === undefined ? [remove("kv", idOf({ ...asked, verb: opposite }))] : [];
  return [...ends, put("kv", id, { value, expiresAt: null })];
}

export function matches({ app, environment, states }: DeployInterest, occasion: Occasion): boolean {
  return (
    globMatches(app, occasion.app) &&
    globMatches(environment, occasion.environment) &&
    (states === undefined || states.includes(occasion.state))
  );
}

/** What was said last about this, in each place. */
export function lastWords(follows: readonly Follow[], occasion: Occasion): readonly Follow[] {
  const last = new Map<string, Follow>();
  for (const one of follows.filter((follow) => matches(follow, occasion))) {
    const key = addressKey(one.address);
    if (one.at >= (last.get(key)?.at ?? 0)) last.set(key, one);
  }
  return [...last.values()];
}

function idOf({ verb, address, app, environment }: Pick<Follow, "verb" | "address" | "app" | "environment">): string {
  const key = JSON.stringify([verb, addressKey(address), app.toLowerCase(), environment.toLowerCase()]);
  return PREFIX + createHash("sha256").update(key).digest("hex").slice(0, 32);
}
