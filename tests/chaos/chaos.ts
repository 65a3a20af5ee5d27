/** The whole run: people talk, platforms fail, the hub dies at every point so often; in the end the ledgers are counted. */
import { setTimeout as pause } from "node:timers/promises";
import { createRandom, type Random } from "../support/random.ts";
import { reckon, type Reckoning } from "./count.ts";
import { makeFaults } from "./faults.ts";
import { killAt } from "./kill.ts";
import { beginLife } from "./mortal-life.ts";
import { createPeople, type People } from "./people.ts";
import { type PointName, POINTS } from "./points.ts";
import { createWorld, type World } from "./world.ts";

export interface ChaosOptions {
  readonly seed: number;
  /** Messages people write, at least; answers, cards and decisions come on top. */
  readonly messages: number;
  readonly threads: number;
  /** Deaths at each point, at least. */
  readonly deathsPerPoint: number;
  readonly say?: (text: string) => void;
}

export interface ChaosResult extends Reckoning {
  readonly deaths: ReadonlyMap<PointName, number>;
  /** What people said, decisions included, and what platforms show. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly tookMs: number;
}

type NamedPoint = (typeof POINTS)[number];
/** A life that ends otherwise is begun again so often. */
const TRIES = 6;
/** After the last death it is over when nothing more is shown for so long; while somebody waits, for much longer. */
const LOOK_MS = 1000;
const STUCK_MS = 70_000;
const QUIET_MS = 5000;

export async function runChaos({ seed, messages, threads, deathsPerPoint, say = () => {} }: ChaosOptions): Promise<ChaosResult> {
  const begun = Date.now();
  const random = createRandom(seed);
  const world = await createWorld();
  const deaths = new Map<PointName, number>(POINTS.map(({ name }) => [name, 0]));
  const people = createPeople(world, createRandom(seed + 1), { messages, threads });
  const endFaults = makeFaults(world, createRandom(seed + 2));
  try {
    for (const [index, point] of order(deathsPerPoint, random).entries()) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const died = await killAt(world, point, random);
        if (died !== undefined) deaths.set(died, (deaths.get(died) ?? 0) + 1);
        if (died === point.name) break;
      }
      if (index % 10 === 9) say(`${index + 1} deaths, ${people.asked.length} messages said, ${people.waiting()} wait`);
    }
    people.enough();
    endFaults();
    await settle(world, people);
    return { ...reckonAll(world, people), deaths, ...crossed(world), tookMs: Date.now() - begun };
  } finally {
    endFaults();
    people.stop();
    await world.end();
  }
}

/** Those that come first, then the others mixed. */
function order(times: number, random: Random): NamedPoint[] {
  const all = Array.from({ length: times }, () => POINTS).flat();
  const isFirst = (point: NamedPoint): boolean => "when" in point && point.when === "first";
  const later = all.filter((point) => !isFirst(point));
  for (let at = later.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    [later[at], later[other]] = [later[other] as NamedPoint, later[at] as NamedPoint];
  }
  return [...all.filter(isFirst), ...later];
}

/** The last life: nothing kills it, and it ends when nothing more is shown. */
async function settle(world: World, people: People): Promise<void> {
  const life = beginLife(world.dataDir, world.env);
  const url = await life.ready();
  world.hook.hookUrl = `${url}/connectors/hook/events`;
  const shown = (): number => world.hook.ledger.kept.length + world.line.ledger.kept.length;
  let before = -1;
  for (let quietMs = 0; quietMs < (people.waiting() > 0 ? STUCK_MS : QUIET_MS); quietMs = before === shown() ? quietMs + LOOK_MS : 0) {
    before = shown();
    await pause(LOOK_MS);
  }
  life.signal("SIGTERM");
  await life.died;
}

/** Everything by the ledgers. */
export function reckonAll({ hook, line, agentLines }: World, { asked }: People): Reckoning {
  const shown = (
    [
      ["hook", hook],
      ["line", line],
    ] as const
  ).flatMap(([platform, { ledger }]) => ledger.kept.map(({ thread = "", text }) => ({ platform, thread, text })));
  return reckon({ asked, agent: agentLines(), shown, exact: new Set(["hook"]) });
}

function crossed({ hook, line }: World) {
  return {
    messagesIn: hook.ledger.said.length + line.ledger.said.length,
    messagesOut: hook.ledger.kept.length + line.ledger.kept.length,
  };
}
