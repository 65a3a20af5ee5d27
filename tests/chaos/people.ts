/**
 * The people on both platforms: they talk in many threads at once, ahead of the answers by a few messages, and approve what they are asked.
 * Their platforms deliver until they are acknowledged, some things twice and some in the wrong order.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../support/random.ts";
import type { Kept, Said } from "../support/wire/ledger.ts";
import { type Asked, GAVE_UP } from "./count.ts";
import type { World } from "./world.ts";

export interface People {
  readonly asked: readonly Asked[];
  /** Resolves when all has been said and acknowledged. */
  readonly allSaid: Promise<unknown>;
  /** From now on no more is said than was planned; before, people talk for as long as it lasts. */
  enough(): void;
  /** Messages that still wait for their answer. */
  waiting(): number;
  stop(): void;
}

export interface Plan {
  /** At least. */
  readonly messages: number;
  readonly threads: number;
  /** Messages in one thread that may wait for an answer at once. Default 3. */
  readonly ahead?: number;
}

type PlatformName = "hook" | "line";
const LOOK_MS = 25;
const AGAIN_MS = 150;
const LINE_AGAIN_MS = 2000;

export function createPeople(world: World, random: Random, { messages, threads, ahead: mostAhead = 3 }: Plan): People {
  const asked: Asked[] = [];
  let isStopped = false;
  let isEnough = false;
  const counts = new Map<string, number>();
  const ends = createEnds(world, (message) => placeOf(asked[message - 1]));
  const chance = (percent: number): boolean => random.below(100) < percent;
  const ahead = (place: string): number => (counts.get(place) ?? 0) - ends.of(place);

  function compose(platform: PlatformName, thread: string, rank: number): Said {
    const message = asked.length + 1;
    asked.push({ message, platform, thread, rank });
    counts.set(`${platform}/${thread}`, (counts.get(`${platform}/${thread}`) ?? 0) + 1);
    const kind = chance(6) ? "ask" : chance(10) ? "long" : "plain";
    return world[platform].say(`msg-${message} ${kind}`, { thread });
  }

  async function room(place: string): Promise<boolean> {
    while (!isStopped && ahead(place) >= mostAhead) await pause(LOOK_MS);
    return !isStopped && (!isEnough || asked.length < messages);
  }

  async function talkOnHook(thread: string): Promise<void> {
    for (let rank = 1; await room(`hook/${thread}`); rank += 1) {
      const first = compose("hook", thread, rank);
      const both = chance(5) ? [compose("hook", thread, rank), first] : [first];
      for (const said of both) await world.hook.insist(said, AGAIN_MS);
      // The platform has forgotten that it was acknowledged.
      if (chance(5)) void world.hook.deliver(first);
    }
  }

  async function talkOnLine(thread: string): Promise<void> {
    for (let rank = 1; await room(`line/${thread}`); rank += 1) {
      const said = compose("line", thread, rank);
      if (chance(5)) void world.line.deliver(said);
    }
  }

  /** Looks at the platforms again and again. */
  async function follow(): Promise<void> {
    const codes = new Set<string>();
    const seen = { hook: 0, line: 0 };
    while (!isStopped) {
      ends.look();
      for (const platform of ["hook", "line"] as const) {
        const kept = world[platform].ledger.kept.slice(seen[platform]);
        seen[platform] += kept.length;
        for (const { code, thread } of kept.flatMap(asksIn)) {
          if (codes.has(code)) continue;
          codes.add(code);
          const said = world[platform].say(`approve ${code}`, { thread });
          if (platform === "hook") void world.hook.insist(said, AGAIN_MS);
        }
      }
      await pause(LOOK_MS);
    }
  }

  async function pushAgain(): Promise<void> {
    for (; !isStopped; await pause(LINE_AGAIN_MS)) world.line.insist();
  }

  const names = Array.from({ length: threads }, (_, index) => `t${index + 1}`);
  const talking = names.map((name, index) => (index % 2 === 0 ? talkOnHook(name) : talkOnLine(name)));
  void follow();
  void pushAgain();
  return {
    asked,
    allSaid: Promise.all(talking),
    enough: () => void (isEnough = true),
    waiting: () => asked.length - ends.all(),
    stop: () => void (isStopped = true),
  };
}

function placeOf(one: Asked | undefined): string {
  return `${one?.platform}/${one?.thread}`;
}

function asksIn({ text, thread }: Kept): { code: string; thread: string | undefined }[] {
  const [, code] = /`approve ([^` ]+)`/.exec(text) ?? [];
  return code === undefined ? [] : [{ code, thread }];
}

interface Ends {
  /** Messages of this place that came to an end. */
  of(place: string): number;
  /** Messages the agent answered, and those it never will. */
  all(): number;
  look(): void;
}

/** Follows the agent's ledger and what the threads are told. */
function createEnds({ agentLines, hook, line }: World, placeOf: (message: number) => string): Ends {
  const ended = new Set<number>();
  const counts = new Map<string, number>();
  const seen = { agent: 0, hook: 0, line: 0 };
  let gaveUp = 0;
  const add = (place: string): void => void counts.set(place, (counts.get(place) ?? 0) + 1);

  return {
    of: (place) => counts.get(place) ?? 0,
    all: () => ended.size + gaveUp,
    look() {
      const lines = agentLines();
      for (const one of lines.slice(seen.agent)) {
        if (one.event !== "ended" || ended.has(one.message)) continue;
        ended.add(one.message);
        add(placeOf(one.message));
      }
      seen.agent = lines.length;
      for (const [name, { ledger }] of [
        ["hook", hook],
        ["line", line],
      ] as const) {
        const told = ledger.kept.slice(seen[name]).filter(({ text }) => text.includes(GAVE_UP));
        for (const { thread } of told) add(`${name}/${thread}`);
        gaveUp += told.length;
        seen[name] = ledger.kept.length;
      }
    },
  };
}
