/**
 * A hundred thousand malformed bodies at the door of an HTTP orchestrator: reports, inbox calls, and the hooks of every profile. Each is refused in
 * words or taken for what it is; nothing hangs, and memory stays bounded.
 */
import { afterEach, expect, test } from "vitest";
import { Hono } from "hono";
import type { ApiParts } from "../../src/api/parts.ts";
import { problem } from "../../src/api/problem.ts";
import { mount } from "../../src/api/route.ts";
import { orchestratorRoutes } from "../../src/api/routes/orchestrators.ts";
import type { OrchestratorDriver } from "../../src/contract/orchestrator.ts";
import { SCOPES } from "../../src/contract/tables.ts";
import { HOOKS } from "../../src/orchestrators/http/profiles/hooks-of.ts";
import { createBenches, key } from "../support/driver-bench.ts";
import { ALNUM, createRandom, type Random } from "../support/random.ts";

const COUNT = 100_000;
const SEED = 20_261_121;
const MOST_MS = 30_000;
const MOST_GROWTH_BYTES = 200 * 1024 * 1024;

const benches = createBenches();
afterEach(() => benches.clear());

const SESSION = key("a");
const EVENTS = [
  "text",
  "text_delta",
  "tool",
  "plan",
  "approval_request",
  "question",
  "canvas",
  "deploy",
  "usage",
  "budget",
  "notice",
  "turn_end",
];
const FIELDS =
  "session events type text id state title steps ask action share report model input reason outcome parent child run_id success call_id tool arguments classification usage app event status domain path ack wait_ms life limit __proto__ constructor toString".split(
    " ",
  );

/** A value of any kind, sometimes of the right one. */
function anything(random: Random, depth = 0): unknown {
  switch (random.below(depth > 4 ? 7 : 10)) {
    case 0:
      return random.pick([SESSION, "agent:x:chat:1", "", "\u0000", "\ud800", "SECRET_REF(x)", "Red", "../../etc"]);
    case 1:
      return random.pick([0, -1, 1e308, -0, 2 ** 53, 0.1]);
    case 2:
      return random.pick([true, false, null]);
    case 3:
      return random.letters(random.below(40), `${ALNUM} :/.\n\u202e`);
    case 4:
      return random.pick(EVENTS);
    case 5:
      return "x".repeat(random.below(random.below(50) === 0 ? 5000 : 50));
    case 6:
      return [];
    case 7:
      return Array.from({ length: random.below(5) }, () => anything(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: random.below(4) }, () => [random.pick(FIELDS), anything(random, depth + 1)]));
  }
}

function bodyOf(random: Random): string {
  const shape = random.below(6);
  // What fits, so that the door is seen to go on working.
  if (random.below(50) === 0) return JSON.stringify({ session: SESSION, events: [{ type: "notice", text: random.letters(9, ALNUM) }] });
  if (shape === 0) return random.letters(random.below(200), `${ALNUM}{}[]":,\\\n`);
  const near = {
    session: random.pick([SESSION, "agent:x:chat:1"]),
    events: [{ type: random.pick(EVENTS), ...(anything(random) as object) }],
  };
  const text = JSON.stringify(shape < 3 ? near : anything(random)) ?? "";
  if (shape === 1) return text.slice(0, random.below(text.length + 1));
  return shape === 2 ? `${"[".repeat(random.below(random.below(20) === 0 ? 5000 : 50))}${text}` : text;
}

test(`${COUNT} malformed bodies: no crash, no hang, memory bounded`, { timeout: 4 * MOST_MS }, async () => {
  const app = new Hono();
  app.onError((thrown) => problem(thrown));
  const drivers = new Map<string, OrchestratorDriver>();
  const names = [undefined, "sentinel", "safety-wrapper"] as const;
  for (const profile of names) {
    const bench = await benches.make({ driver: "http", ...(profile === undefined ? {} : { profile }) });
    await bench.open("a");
    drivers.set(profile ?? "plain", bench.driver);
  }
  const caller = { caller: { type: "token" }, personId: "p", name: "t", scopes: SCOPES, id: "t", ambient: false } as const;
  mount(app, orchestratorRoutes({ drivers } as unknown as ApiParts), { guard: async () => caller, mask: (answer) => answer });
  const own = [...drivers.keys()].flatMap((name) => [`${name}/events`, `${name}/inbox`]);
  const hooks = (["sentinel", "safety-wrapper"] as const).flatMap((name) =>
    Object.keys(HOOKS[name]).map((hook) => `${name}/hooks/${hook}`),
  );
  const paths = own.concat(hooks);

  const random = createRandom(SEED);
  const answers = new Map<number, number>();
  global.gc?.();
  const [begun, before] = [process.cpuUsage(), process.memoryUsage().heapUsed];
  let most = 0;
  for (let done = 0; done < COUNT; done += 1) {
    const path = random.pick(paths);
    const text = bodyOf(random).replace(/"wait_ms":[^,}\]]*/g, '"wait_ms":0');
    const response = await app.request(`/v1/orchestrators/${path}`, { method: "POST", body: text });
    await response.arrayBuffer();
    answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
    if (done % 5000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
  // Of the processor: what else the machine does is nobody's fault here.
  const { user, system } = process.cpuUsage(begun);
  const tookMs = Math.round((user + system) / 1000);
  console.log(
    `${COUNT} bodies in ${tookMs} ms of the processor: ${[...answers].map(([status, count]) => `${count} × ${status}`).join(", ")}; at most ${most} bytes more`,
  );
  expect([...answers.keys()].filter((status) => status >= 500)).toEqual([]);
  expect(answers.get(400)).toBeGreaterThan(COUNT / 2);
  expect(answers.get(202)).toBeGreaterThan(100);
  expect(tookMs).toBeLessThan(MOST_MS);
  expect(most).toBeLessThan(MOST_GROWTH_BYTES);
});
