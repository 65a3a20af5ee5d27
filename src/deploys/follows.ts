/**
 * What people said in a place about the deploys it hears of: one entry for each of follow and mute, app and environment, kept in the store.
 * Invariant: where two say something about the same state of the same deploy, the later one is right.
 */
import { createHash } from "node:crypto";
import { globMatches } from "../glob.ts";
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

/** `asked` ends all that it says anew, so that only what holds is kept; who was to be called by what it widens still is. */
export async function followWork(store: StoreReader, asked: Follow): Promise<Write[]> {
  const ended = (await followsOf(store, asked.address)).filter((one) => covers(asked, one));
  const before = ended.filter(({ verb }) => verb === asked.verb).flatMap(({ people }) => people);
  const others = ended.filter((one) => idOf(one) !== idOf(asked));
  return [...others.map((one) => remove("kv", idOf(one))), keep({ ...asked, people: [...new Set([...before, ...asked.people])] })];
}

type Back = Pick<Follow, "verb" | "address" | "app" | "environment" | "states">;

export interface TakenBack {
  readonly writes: readonly Write[];
  /** What held of it: for a follow as far as this person said so. */
  readonly ended: readonly Follow[];
  /** What others still follow of it. */
  readonly left: readonly Follow[];
}

/** Takes back all that was said there in these words or narrower ones: a mute for everybody, a follow for this person. */
export async function takeBack(store: StoreReader, back: Back, personId: string): Promise<TakenBack> {
  const meant = (await followsOf(store, back.address)).filter((one) => one.verb === back.verb && covers(back, one));
  const ended = meant.filter(({ verb, people }) => verb === "mute" || people.includes(personId));
  const rest = (one: Follow): Follow => ({ ...one, people: one.people.filter((person) => person !== personId) });
  const left = meant.map(rest).filter(({ people }) => people.length > 0);
  const writes = ended.map(rest).map((one) => (one.people.length > 0 ? keep(one) : remove("kv", idOf(one))));
  return { writes, ended, left };
}

/** Whether the one speaks of all that the other does: a glob of `*` alone that matches another as a text matches all that it does. */
function covers(wide: DeployInterest, { app, environment, states }: DeployInterest): boolean {
  const { states: all } = wide;
  const isEach = all === undefined || (states !== undefined && states.every((state) => all.includes(state)));
  return globMatches(wide.app, app) && globMatches(wide.environment, environment) && isEach;
}

function keep(follow: Follow): Write {
  return put("kv", idOf(follow), { value: JSON.stringify(follow), expiresAt: null });
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
