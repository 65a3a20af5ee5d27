/** What every orchestrator driver must do, over each driver of the registry with a real agent process under it. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createDrivers } from "../../src/orchestrators/registry.ts";
import { acpAgent, type Bench, type BenchOptions, createBenches, eventually, isAlive, key } from "../support/driver-bench.ts";
import { createFleet, type Fleet } from "../support/fleet.ts";
import { type Door, openDoor, type Puller, startPuller } from "../support/http-orchestrator.ts";
import { hasTmux } from "../support/terminal.ts";

interface Harness {
  /** A configuration whose agent echoes, and knows `slow SECONDS` and `crash`. */
  readonly start: () => Promise<{ config: object; options?: BenchOptions }>;
  readonly remembers: boolean;
  /** It starts its agent, ends it with itself, and can tell how to separate the two. */
  readonly ownsAgent: boolean;
  /** What is known of how it ended. */
  readonly crash: RegExp;
  /** Why it cannot say what a turn has used; absent where it can. */
  readonly noUsage?: string;
  /** Why an answer comes only when it is whole. */
  readonly noStream?: string;
  /** Why it knows no process of the agent. */
  readonly noProcess?: string;
  /** Why its agent cannot be made to print without measure and form. */
  readonly noFlood?: string;
  /** Why a hundred conversations cannot be held at once. */
  readonly noCrowd?: string;
  /** Lets the agent reach the driver. */
  readonly attach?: (bench: Bench) => void;
  /** Why it cannot be tried on this machine. */
  readonly absent?: string | undefined;
}

const benches = createBenches();
const fleets: Fleet[] = [];
let door: Door | undefined;
let puller: Puller | undefined;
afterEach(async () => {
  await puller?.end();
  await benches.clear();
  await door?.end();
  door = puller = undefined;
  for (const fleet of fleets.splice(0)) await fleet.end();
});

const isRequired = process.env["MOS_HUB_REQUIRE_REAL"] === "1";

/** A driver without one fails the suite. */
const HARNESSES: Record<string, Harness> = {
  acp: { start: async () => ({ config: acpAgent("plain") }), remembers: false, ownsAgent: true, crash: /exit code 3/ },
  http: {
    async start() {
      door = await openDoor();
      return { config: { driver: "http" } };
    },
    attach({ driver }) {
      door?.attach(driver);
      puller = startPuller(door?.url ?? "");
    },
    remembers: false,
    ownsAgent: false,
    crash: /started again before it had finished/,
    noProcess: "what runs on the other side of HTTP is not the hub's to know",
    noFlood: "what it posts is a request each, and the door checks every one",
  },
  rehearsal: {
    start: async () => ({ config: { driver: "rehearsal" } }),
    remembers: true,
    ownsAgent: true,
    crash: /exit code 3/,
    noFlood: "its words are written down, and it runs on the driver of acp",
  },
  tmux: {
    async start() {
      const fleet = createFleet();
      fleets.push(fleet);
      await fleet.add({ restarts: true });
      return { config: fleet.driverConfig(), options: { baseEnv: fleet.env } };
    },
    remembers: false,
    ownsAgent: false,
    // tmux 3.3 at times misses the exit code.
    crash: /exit code 3|has ended/,
    noUsage: "a terminal does not say what was used",
    noStream: "a reply is read when it is whole",
    noFlood: "a screen is read, never a stream; a pane that prints without end is in tmux-prompts.test.ts",
    noCrowd: "all its conversations are typed into one pane, one after the other",
    absent: hasTmux() || isRequired ? undefined : "tmux is not installed here",
  },
};

describe.each(Object.keys(createDrivers({ clock: systemClock, baseEnv: {} })))("driver %s", (name) => {
  const harness = HARNESSES[name];

  beforeEach(({ skip }) => skip(harness?.absent !== undefined, harness?.absent));

  async function make(): Promise<Bench> {
    const { config, options } = (await harness?.start()) ?? {};
    const bench = await benches.make(config, options);
    harness?.attach?.(bench);
    return bench;
  }

  test("has a harness, and is what the registry calls it", async () => {
    expect(harness).toBeDefined();
    expect((await make()).driver.driver).toBe(name);
  });

  test("opens a session once, and the same again when asked again", async () => {
    const bench = await make();
    const first = await bench.open("a");
    expect(first.how).toBe("new");
    expect(first.agentSessionId).toBeTruthy();
    expect(await bench.open("a")).toEqual({ agentSessionId: first.agentSessionId, how: "resumed" });
  });

  test("carries a turn and ends it exactly once, after everything that belongs to it", async () => {
    const bench = await make();
    await bench.open("a");
    expect(await bench.deliver("a", "good morning", { turnId: "t1" })).toEqual({ outcome: "accepted" });
    await bench.until("a", "turn_end");
    expect(bench.text("a")).toContain("Echo: good morning");
    expect(bench.of("a").at(-1)).toMatchObject({ type: "turn_end", turnId: "t1", outcome: "done" });
    expect(bench.of("a").filter(({ type }) => type === "turn_end")).toHaveLength(1);
    expect(bench.events.every((event) => event.turnId === "t1")).toBe(true);
  });

  test("says what a turn used, four kinds of tokens apart", async ({ skip }) => {
    skip(harness?.noUsage !== undefined, harness?.noUsage);
    const bench = await make();
    await bench.talk("a", "count");
    const usage = await bench.until("a", "usage");
    expect(usage.input).toBeGreaterThan(0);
    expect(usage.output).toBeGreaterThan(0);
    expect(usage).toMatchObject({ agent: "Mos", cacheRead: expect.any(Number), cacheWrite: expect.any(Number) });
  });

  test("keeps two sessions apart that talk at the same time", async () => {
    const bench = await make();
    const said = await Promise.all(["apple", "pear"].map((word) => bench.talk(word, `about the ${word}`)));
    expect(said[0]).toContain("Echo: about the apple");
    expect(said[1]).toContain("Echo: about the pear");
    expect(bench.text("apple")).not.toContain("pear");
    expect(bench.text("pear")).not.toContain("apple");
  });

  test("stops a running turn when asked, and takes the next one", async () => {
    const bench = await make();
    await bench.open("a");
    await bench.deliver("a", "slow 60");
    if (harness?.noStream === undefined) await bench.until("a", "text_delta");
    await bench.driver.cancel(key("a"));
    expect(await bench.until("a", "turn_end")).toMatchObject({ outcome: "stopped" });
    expect(await bench.talk("a", "and now")).toContain("Echo: and now");
  });

  test("waits for a slow agent, and another conversation need not", async () => {
    const bench = await make();
    await bench.open("a");
    expect(await bench.deliver("a", "slow 2", { turnId: "t1" })).toMatchObject({ outcome: "accepted" });
    expect((await bench.driver.health()).answered).toBe(true);
    expect(await bench.until("a", "turn_end")).toMatchObject({ turnId: "t1", outcome: "done" });
    expect(bench.of("a").filter(({ type }) => type === "turn_end")).toHaveLength(1);
  });

  test("passes on all of a flood of words, in order, before the end of the turn", async ({ skip }) => {
    skip(harness?.noFlood !== undefined, harness?.noFlood);
    const bench = await make();
    const said = await bench.talk("a", "flood");
    const lines = Array.from({ length: 5000 }, (_, at) => `line ${at + 1}\n`).join("");
    expect(said.startsWith(lines)).toBe(true);
    expect(bench.of("a").at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
  });

  test("drops what is no text, and goes on", async ({ skip }) => {
    skip(harness?.noFlood !== undefined, harness?.noFlood);
    const bench = await make();
    expect(await bench.talk("a", "binary")).toBe("Echo: binary");
    expect(await bench.talk("a", "and now")).toBe("Echo: and now");
  });

  test("holds a hundred conversations at once, on the one agent it has", async ({ skip }) => {
    skip(harness?.noCrowd !== undefined, harness?.noCrowd);
    const bench = await make();
    const names = Array.from({ length: 100 }, (_, at) => `session-${at}`);
    const before = harness?.noProcess === undefined ? (await bench.driver.health()).facts?.["pid"] : undefined;
    await Promise.all(names.map((name) => bench.open(name)));
    await Promise.all(names.map((name) => bench.deliver(name, `I am ${name}.`, { turnId: name })));
    for (const name of names) await bench.until(name, "turn_end");
    for (const name of names) expect(bench.text(name)).toContain(`Echo: I am ${name}.`);
    if (before !== undefined) expect((await bench.driver.health()).facts?.["pid"]).toBe(before);
  });

  test("does not take a second turn while one runs", async () => {
    const bench = await make();
    await bench.open("a");
    await bench.deliver("a", "slow 60", { turnId: "t1" });
    expect(await bench.deliver("a", "me too", { turnId: "t2" })).toMatchObject({ outcome: "unavailable", code: "agent_busy" });
    await bench.driver.cancel(key("a"));
    expect(await bench.until("a", "turn_end")).toMatchObject({ turnId: "t1" });
  });

  test("tells of a crash, calls the turn lost, and comes back with the session open", async () => {
    const bench = await make();
    const { agentSessionId } = await bench.open("a");
    await bench.deliver("a", "crash", { turnId: "t1" });
    expect((await bench.until("a", "lifecycle", (event) => event.phase === "crashed")).detail).toMatch(harness?.crash ?? /never/);
    expect(await bench.until("a", "turn_end")).toMatchObject({ turnId: "t1", outcome: "lost" });
    await bench.until("a", "lifecycle", (event) => event.phase === "restarted");
    const back = await bench.until("a", "lifecycle", (event) => event.phase === "session_resumed" || event.phase === "session_lost");
    expect(back.phase).toBe(harness?.remembers ? "session_resumed" : "session_lost");
    expect(back.agentSessionId === agentSessionId).toBe(harness?.remembers);
    expect(await bench.talk("a", "hello again")).toContain("Echo: hello again");
  });

  test("gives a turn that comes while the agent is down to the next life of the agent", async () => {
    const bench = await make();
    await bench.open("a");
    await bench.deliver("a", "crash");
    await bench.until("a", "turn_end");
    expect(await bench.deliver("a", "are you there", { turnId: "t2" })).toMatchObject({
      outcome: expect.stringMatching(/^(?:accepted|queued|pasted)$/),
    });
    await bench.until("a", "turn_end", (event) => event.turnId === "t2");
    expect(bench.text("a")).toContain("Echo: are you there");
  });

  test("hands out one event of a session at a time, and another session need not wait", async () => {
    const bench = await make();
    let running = 0;
    let most = 0;
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    bench.driver.onEvent(async ({ session }) => {
      if (session !== key("slow")) return;
      most = Math.max(most, (running += 1));
      await held;
      running -= 1;
    });
    await bench.open("slow");
    await bench.deliver("slow", "one");
    await bench.talk("quick", "two");
    expect(bench.of("slow").some(({ type }) => type === "turn_end")).toBe(false);
    letGo();
    await bench.until("slow", "turn_end");
    expect(most).toBe(1);
  });

  test("does not lose its way when a handler fails", async () => {
    const bench = await make();
    bench.driver.onEvent(() => Promise.reject(new Error("store full")));
    expect(await bench.talk("a", "go on")).toContain("Echo: go on");
  });

  test("says so when a session was never opened", async () => {
    const bench = await make();
    expect(await bench.deliver("nobody", "hello")).toMatchObject({ outcome: "unavailable", code: "agent_session_lost" });
    expect(bench.events).toEqual([]);
  });

  test("has nobody waiting for an answer to nothing", async () => {
    const bench = await make();
    await bench.open("a");
    const handle = { requestId: "no-such", epoch: "none" };
    expect(await bench.driver.answer({ type: "approval", handle, approved: true })).toBe(false);
  });

  test("is healthy when the agent answers, and says as whom it runs", async () => {
    const bench = await make();
    // One that is not started by the driver comes in its own time.
    const health = await eventually(async () => {
      const found = await bench.driver.health();
      return found.answered && found;
    }, "an answer of the agent");
    const facts = harness?.noProcess === undefined ? { facts: { pid: expect.any(Number), uid: process.getuid?.() } } : {};
    expect(health).toMatchObject({ answered: true, ...facts });
    expect(health.lastAnswerAt).toBeGreaterThan(0);
  });

  test("checks itself without a session and leaves no process behind", async ({ skip }) => {
    skip(harness?.noProcess !== undefined, harness?.noProcess);
    const bench = await make();
    const results = (await bench.driver.check?.()) ?? [];
    expect(results.map(({ name: checked, ok }) => [checked, ok])).toEqual([
      ["agent", true],
      ["agent user", true],
    ]);
    expect(results[1]?.remedy).toContain(harness?.ownsAgent ? "setpriv" : "ssh");
  });

  test("closes with what it started, twice if asked, and is quiet afterwards", async () => {
    const bench = await make();
    await bench.open("a");
    await bench.deliver("a", "slow 60");
    const pid = Number((await bench.driver.health()).facts?.["pid"] ?? process.pid);
    expect(isAlive(pid)).toBe(true);
    await bench.driver.close();
    const count = bench.events.length;
    await bench.driver.close();
    await eventually(() => isAlive(pid) !== harness?.ownsAgent, "the end of the agent, if it is the driver's");
    expect(bench.events).toHaveLength(count);
    await expect(bench.open("b")).rejects.toMatchObject({ code: "hub_stopping" });
  });
});

test.runIf(process.platform === "linux")("an agent has an environment of its own", async () => {
  const secrets = { MOS_HUB_TOKEN: "s1", SOME_BOT_TOKEN: "s2", UNRELATED: "s3" };
  const bench = await benches.make(acpAgent("plain", { env_allow: ["MODEL_KEY", "SOME_BOT_TOKEN"], env: { MODE: "test" } }), {
    baseEnv: { PATH: process.env["PATH"], LC_ALL: "C", MODEL_KEY: "k", ...secrets },
    withheld: ["SOME_BOT_TOKEN"],
  });
  await bench.open("a");
  const pid = Number((await bench.driver.health()).facts?.["pid"]);
  const names = readFileSync(`/proc/${pid}/environ`, "utf8")
    .split("\0")
    .map((entry) => entry.split("=")[0])
    .filter(Boolean)
    .sort();
  expect(names).toEqual(["LC_ALL", "MODE", "MODEL_KEY", "PATH"]);
});
