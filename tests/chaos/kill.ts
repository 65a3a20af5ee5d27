/** Kills one life of the hub at one point, and says whether it died there. */
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../support/random.ts";
import { beginLife, type Life, type Mortality } from "./mortal-life.ts";
import type { Point, PointName } from "./points.ts";
import type { World } from "./world.ts";

/** A hub that has not come to its point by then is killed wherever it is. */
const LONGEST_LIFE_MS = 12_000;
const BEFORE_DRAIN_MS = 700;

/** Undefined: it was told to end before it came to its point, and did. Rejects when it ended in any other way. */
export async function killAt(world: World, point: Point & { readonly name: PointName }, random: Random): Promise<PointName | undefined> {
  const [from, to] = point.passages;
  const fatal: Mortality = { point: point.name, at: from + random.below(to - from + 1) };
  const life = beginLife(world.dataDir, world.env, fatal);
  const disarm = point.by === "platform" ? arm(world, life, fatal.at) : () => {};
  if (point.name === "in reconcile") for (let lost = 0; lost < 3; lost += 1) world.hook.next({ type: "lost_answer" });
  const url = await life.ready();
  if (url !== undefined) world.hook.hookUrl = `${url}/connectors/hook/events`;
  const patience = AbortSignal.timeout(point.by === "runner" ? fatal.at : LONGEST_LIFE_MS);
  if (url !== undefined && point.when === "drain") void pause(BEFORE_DRAIN_MS).then(() => life.signal("SIGTERM"));
  let isMine = false;
  patience.addEventListener("abort", () => {
    isMine = life.isAlive();
    life.signal("SIGKILL");
  });
  const { code, signal } = await life.died;
  disarm();
  if (point.when === "drain" && code === 0) return undefined;
  if (signal !== "SIGKILL") throw new Error(`the hub ended with ${signal ?? code} (${point.name}, passage ${fatal.at}): ${life.output()}`);
  return isMine ? "anywhere" : point.name;
}

/** Kills when either platform has kept its `at`th message, before it answers. */
function arm({ hook, line }: World, life: Life, at: number): () => void {
  let left = at;
  const count = (): void => {
    left -= 1;
    if (left === 0) life.signal("SIGKILL");
  };
  hook.onCall = ({ method, isDone }) => void (method === "POST" && isDone && count());
  line.onKept = count;
  return () => {
    hook.onCall = () => {};
    line.onKept = () => {};
  };
}
