/**
 * Requests, each decided at once by several people on two platforms and by its deadline, while the hub is killed again and again. In the end the
 * books are written into a folder.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runFile } from "../../../src/cli/hub-client.ts";
import { createClient } from "../../../src/client.ts";
import { createRandom, type Random } from "../../support/random.ts";
import { beginLife, type Life } from "../mortal-life.ts";
import { createWorld, type World } from "../world.ts";
import { type Asked, keepBooks, readBooks } from "./books.ts";
import { check, type Verdict } from "./check.ts";
import { createProgram, type Request } from "./program.ts";

export interface RaceOptions {
  readonly seed: number;
  readonly requests: number;
  readonly kills: number;
  readonly say?: (text: string) => void;
}

export interface RaceResult extends Verdict {
  readonly kills: number;
  readonly tookMs: number;
}

/** Requests that are open at the same time. */
const AT_ONCE = 24;
const AGAIN_MS = 60;
const LOOK_MS = 10;
const QUIET_MS = 3000;
/** How far before and after the deadline of a request its people come: a loaded hub needs some of it to hear them. */
const BEFORE_MS = 1500;
const AFTER_MS = 50;
/** `one`: whoever is first. `two`: two against two. `soon`: against the deadline. */
const KINDS = ["one", "two", "soon"] as const;

const everywhere = [
  { account: "hook", chat: "lobby" },
  { account: "line", chat: "square" },
];
const roles = ["operator", "approver"];
const CONFIG = {
  operators: [
    { name: "Ann", roles, accounts: { hook: "ann", line: "ann" } },
    { name: "Bob", roles, accounts: { hook: "bob" } },
    { name: "Cid", roles, accounts: { line: "cid" } },
    { name: "Dan", roles, accounts: { line: "dan" } },
  ],
  approvals: {
    policies: [
      { name: "everywhere", chats: everywhere },
      { name: "two", when: { environment: "two" }, quorum: 2, deny_quorum: 2 },
      { name: "soon", when: { environment: "soon" }, expiry: "3s" },
    ],
  },
};

export async function runRace({ seed, requests, kills, say = () => {} }: RaceOptions): Promise<RaceResult> {
  const begun = Date.now();
  const random = createRandom(seed);
  const kinds = { hook: "tests/support/wire/hook/connector.ts", line: "tests/support/wire/line/connector.ts" };
  const world = await createWorld({ kinds, config: CONFIG });
  const dir = await mkdtemp(join(tmpdir(), "mos-hub-race-"));
  world.line.insist();
  const pushing = setInterval(() => world.line.insist(), 500);
  const lives = createLives(world);
  try {
    await lives.begin();
    const { token } = await lives.client().tokens.create({ name: "ci", scopes: ["read", "ask", "consume"] });
    const program = createProgram(() => ({ url: lives.url(), token }));
    const people = createPeople(world, random);
    const asked: Asked[] = [];
    let next = 0;
    const court = async (): Promise<void> => {
      while (next < requests) {
        const number = (next += 1);
        const kind = KINDS[number % KINDS.length] ?? "one";
        const request = await program.ask(number, kind);
        const deciding = people.decide(request, kind === "soon");
        asked.push(await program.follow(request));
        if (asked.length % 100 === 0) say(`${asked.length} decided`);
        await deciding;
      }
    };
    const courts = Promise.all(Array.from({ length: AT_ONCE }, court));
    for (let killed = 0; killed < kills; killed += 1) {
      while (asked.length < Math.floor((requests * killed) / kills)) await Promise.race([pause(LOOK_MS), courts]);
      await pause(random.below(400));
      await lives.kill();
    }
    await courts;
    await untilQuiet(world);
    const final = await Promise.all(asked.map(async (one) => ({ ...one, state: await program.stateOf(one.code) })));
    const auditExport = await lives.text("/v1/audit/export");
    const keys = JSON.parse(await lives.text("/.well-known/jwks.json")) as never;
    await lives.end();
    await keepBooks(dir, { asked: final, hook: world.hook.ledger, line: world.line.ledger, keys, auditExport });
    return { ...(await check(await readBooks(dir))), kills, tookMs: Date.now() - begun };
  } finally {
    clearInterval(pushing);
    await lives.end();
    await world.end();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Four people on two platforms, with what they think of a request drawn anew. All at once. */
function createPeople({ hook, line }: World, random: Random) {
  const draw = (): "approve" | "deny" => random.pick(["approve", "deny"]);

  async function isShown({ title }: Request): Promise<void> {
    const asks = (text: string): boolean => text.includes(`asks for approval: ${title}**`);
    while (![hook, line].some(({ ledger }) => ledger.kept.some(({ text }) => asks(text)))) await pause(LOOK_MS);
  }

  return {
    async decide(request: Request, atDeadline: boolean): Promise<void> {
      await isShown(request);
      const { id, code, expiresAt } = request;
      if (atDeadline) await pause(Math.max(0, expiresAt - Date.now() + random.below(BEFORE_MS + AFTER_MS) - BEFORE_MS));
      const press = hook.say("", { from: "ann", press: { subject: `approval:${id}`, choice: draw() } });
      const typed = hook.say(`${draw()} ${code}`, { from: "bob" });
      line.say(`${draw()} ${code}`, { from: "cid" });
      line.say(`${draw()} ${code}`, { from: "dan" });
      await Promise.all([press, typed].map((said) => hook.insist(said, AGAIN_MS)));
    },
  };
}

/** One life of the hub after the other, over one folder. */
function createLives(world: World) {
  let life: Life | undefined;
  let url = "http://127.0.0.1:9";

  async function begin(): Promise<void> {
    life = beginLife(world.dataDir, world.env);
    url = (await life.ready()) ?? url;
    world.hook.hookUrl = `${url}/connectors/hook/events`;
  }

  const local = async (): Promise<{ url: string; token: string }> =>
    runFile.parse(JSON.parse(await readFile(join(world.dataDir, "run.json"), "utf8")));

  return {
    begin,
    url: () => url,
    client: () => createClient({ where: local }),
    async text(path: string): Promise<string> {
      const { token } = await local();
      const response = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error(`${path} answered ${response.status}`);
      return response.text();
    },
    async kill(): Promise<void> {
      life?.signal("SIGKILL");
      await life?.died;
      await begin();
    },
    async end(): Promise<void> {
      life?.signal("SIGTERM");
      await life?.died;
      life = undefined;
    },
  };
}

/** Nothing more is shown or changed. */
async function untilQuiet({ hook, line }: World): Promise<void> {
  const picture = (): string => JSON.stringify([hook.ledger.kept, line.ledger.kept]);
  for (let before = "", now = picture(); before !== now; now = picture()) {
    before = now;
    await pause(QUIET_MS);
  }
}
