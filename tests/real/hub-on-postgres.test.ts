/** The started program on a real PostgreSQL: the main job, deaths on both sides, and two hubs that want the same database. */
import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createHubProcess, type HubProcess, type Said, until } from "../support/hub-process.ts";
import { POSTGRES_PASSWORD, type PostgresServer, startPostgres, whyNoPostgres } from "../support/postgres.ts";

const reason = whyNoPostgres();
const PIN = "739215";
const STORY_MS = 180_000;

const say = (hub: HubProcess, text: string, thread = "main"): Promise<Said> => hub.cli("chat", "--once", text, "--thread", thread);
const textOf = ({ events }: Said): string =>
  events
    .filter(({ type }) => type === "text")
    .map(({ text }) => String(text))
    .join("\n");
const lastOf = ({ events }: Said) => events.at(-1);

/** A command that finds no hub has given its message to nobody; once it has found one it insists by itself. */
async function sayWhileItLives(hub: HubProcess, text: string, thread: string): Promise<Said> {
  for (;;) {
    const said = await say(hub, text, thread);
    if (!["hub_not_running", "hub_unreachable"].includes(String(said.events[0]?.["code"]))) return said;
  }
}

describe.skipIf(reason !== undefined)(`a hub on PostgreSQL${reason === undefined ? "" : ` (${reason})`}`, () => {
  let server: PostgresServer;
  let url: string;
  const hubs: HubProcess[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    for (const hub of hubs.splice(0)) {
      expect(hub.output()).not.toContain(POSTGRES_PASSWORD);
      expect(await filesWith(hub.dataDir, POSTGRES_PASSWORD)).toEqual([]);
      await hub.end();
    }
  });
  afterAll(() => server.end());

  async function createHub(): Promise<HubProcess> {
    const hub = await createHubProcess({ MOS_HUB_PIN: PIN, MOS_HUB_DATABASE_URL: url, MOS_HUB_LOG_LEVEL: "debug" });
    hubs.push(hub);
    return hub;
  }
  const shown = (): string => `postgresql://127.0.0.1:${server.port}${new URL(url).pathname}`;

  test("does the main job, and every command finds what it needs there", { timeout: STORY_MS }, async () => {
    url = await server.database();
    const hub = await createHub();
    const before = await hub.shell("doctor");
    expect(before.stdout).toMatch(new RegExp(`✓ store: PostgreSQL 18\\.\\d+, ${shown()}; its tables are made at the first start`));
    await hub.start();
    expect(await readdir(hub.dataDir)).not.toContain("hub.db");
    const said = await say(hub, "hello");
    expect([textOf(said), lastOf(said)]).toMatchObject([expect.stringContaining("Echo: hello"), { type: "turn_end", outcome: "done" }]);

    const asking = say(hub, "approve red", "gate");
    let code = "";
    await until("something waits for a decision", async () => {
      const [listed] = (await hub.cli("approvals", "list")).events;
      code = (listed?.["approvals"] as { code: string }[] | undefined)?.[0]?.code ?? "";
      return code !== "";
    });
    expect((await hub.cli("approvals", "approve", code, "--pin", PIN)).code).toBe(0);
    expect(textOf(await asking)).toContain("approved");
    expect(lastOf(await say(hub, "deploy shop"))).toMatchObject({ outcome: "done" });

    const health = await hub.shell("health");
    expect([health.code, health.stdout]).toEqual([0, expect.stringContaining(`✓ store: ${shown()}\n`)]);
    const looking = [
      ["trace", "--last"],
      ["usage"],
      ["people"],
      ["sessions"],
      ["export"],
      ["deploy", "list"],
      ["audit"],
      ["audit", "verify"],
      ["audit", "head"],
    ];
    for (const words of looking) expect(await hub.shell(...words), words.join(" ")).toMatchObject({ code: 0 });
    expect((await hub.shell("doctor")).stdout).toContain(`the hub ${hostname()}/`);
    expect(await hub.terminate()).toBe(0);
    // These look into the store themselves, whether a hub runs or not.
    expect((await hub.cli("audit", "verify")).events[0]).toMatchObject({ ok: true });
    expect(await hub.shell("audit", "export", "--to", join(hub.dataDir, "audit.jsonl"))).toMatchObject({ code: 0 });
  });

  test("killed in mid-answer and started again: nothing is lost, and what is doubled is marked", { timeout: STORY_MS }, async () => {
    url = await server.database();
    const hub = await createHub();
    await hub.start();
    const answering = say(hub, "slow 2");
    await until("the agent has the prompt", async () => (await hub.prompts()).includes("slow 2"));
    await hub.kill();
    await hub.start();
    expect(lastOf(await answering)).toMatchObject({ type: "turn_end", outcome: "done" });
    const given = (await hub.prompts()).filter((prompt) => prompt.includes("slow 2"));
    expect(given).toEqual(["slow 2", expect.stringMatching(/^\[delivered again after a restart of the hub/)]);
  });

  test(
    "killed again and again, the database too, while people talk: each message is kept once and answered",
    { timeout: STORY_MS },
    async () => {
      url = await server.database();
      const hub = await createHub();
      await hub.start();
      const words = Array.from({ length: 24 }, (_, n) => `message number ${n}.`);
      const over = [0, 0, 0, 0];
      const talking = Promise.all(
        over.map(async (_, lane) => {
          for (const text of words.filter((_, n) => n % 4 === lane)) {
            const said = await sayWhileItLives(hub, text, `lane-${lane}`);
            expect([textOf(said), lastOf(said)], `${said.stdout}\n${said.stderr}\n${hub.output()}`).toMatchObject([
              expect.stringContaining(text),
              { type: "turn_end", outcome: "done" },
            ]);
            over[lane] = (over[lane] ?? 0) + 1;
          }
        }),
      );
      // Awaited below; a failure before that is no unhandled one.
      talking.catch(() => {});
      for (const who of ["hub", "server", "hub", "both"]) {
        // Each of them goes on in between: a message that is with the agent at one death after the other is given up.
        const before = [...over];
        const isOn = (count: number, lane: number): boolean => count > (before[lane] ?? 0) || count === words.length / over.length;
        await until("they all talk", () => over.every(isOn));
        if (who !== "server") await hub.kill();
        if (who !== "hub") await server.kill();
        if (who !== "hub") await server.start();
        if (who !== "server") await hub.start();
      }
      await talking;
      const kept = await server.ask("SELECT data::json->'event'->>'text' AS text FROM mos_hub.inbox ORDER BY seq", url);
      expect(kept.map(({ text }) => text).toSorted()).toEqual(words.toSorted());
      const prompts = await hub.prompts();
      for (const text of words) {
        const given = prompts.filter((prompt) => prompt.includes(text));
        // One that was on its way at a death carries the mark, also where the agent never had it.
        const unmarked = given.filter((prompt) => !prompt.startsWith("[delivered again"));
        expect(given.length, text).toBeGreaterThan(0);
        expect(unmarked.length, text).toBeLessThanOrEqual(1);
      }
      const open = () => server.ask("SELECT id FROM mos_hub.outbox WHERE state NOT IN ('sent', 'dead')", url);
      await until("nothing is left to be said", async () => (await open()).length === 0);
      expect((await hub.cli("audit", "verify")).events[0]).toMatchObject({ ok: true });
    },
  );

  test("the database is away for a while: health says so, and what was said meanwhile is answered", { timeout: STORY_MS }, async () => {
    url = await server.database();
    const hub = await createHub();
    await hub.start();
    await say(hub, "before");
    await server.stop();
    let answering: Promise<Said>;
    try {
      const health = await hub.shell("health");
      expect([health.code, health.stdout]).toEqual([69, expect.stringContaining(`✗ journal: The database ${shown()} cannot be reached: `)]);
      const doctor = await hub.shell("doctor");
      expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining(`✗ store: The database ${shown()} cannot be reached: `)]);
      answering = say(hub, "during");
      const { url: at } = await hub.address();
      await until("it is not ready", async () => !(await fetch(new URL("/readyz", at))).ok);
    } finally {
      await server.start();
    }
    await hub.ready();
    const said = await answering;
    expect(textOf(said), said.stderr).toContain("Echo: during");
    expect(hub.isAlive()).toBe(true);
  });

  test(
    "asked to stop while the database is away, it ends; asked to start then, or with a wrong password, it says why",
    { timeout: STORY_MS },
    async () => {
      url = await server.database();
      const hub = await createHub();
      await hub.start();
      await say(hub, "hello");
      await server.stop();
      const asked = Date.now();
      try {
        await hub.terminate();
        expect(Date.now() - asked).toBeLessThan(15_000);
        const down = await hub.shell("start");
        expect([down.code, down.stderr]).toEqual([
          74,
          expect.stringContaining(`The database ${shown()} cannot be reached: connect ECONNREFUSED`),
        ]);
      } finally {
        await server.start();
      }
      const stranger = await createHubProcess({ MOS_HUB_DATABASE_URL: url.replace(POSTGRES_PASSWORD, `not-${POSTGRES_PASSWORD}`) });
      for (const words of [["start"], ["doctor"], ["audit", "verify"]]) {
        const { code, stdout, stderr } = await stranger.shell(...words);
        expect([code, stdout + stderr]).toEqual([
          words[0] === "doctor" ? 1 : 74,
          expect.stringContaining(`The database ${shown()} cannot be reached: password authentication failed for user "hub".`),
        ]);
        expect(stdout + stderr).not.toContain(POSTGRES_PASSWORD);
      }
      await stranger.end();
    },
  );

  describe("two hubs want the same database", () => {
    test("the second is refused, by name of the first, and takes over once that is dead", { timeout: STORY_MS }, async () => {
      url = await server.database();
      const [first, second] = [await createHub(), await createHub()];
      await first.start();
      const refused = await second.shell("start");
      expect(refused.code).toBe(75);
      expect(refused.stderr).toMatch(new RegExp(`Another hub works on this database: ${hostname()}/[0-9a-f]{16}\\.`));
      expect(refused.stdout + refused.stderr).not.toContain(POSTGRES_PASSWORD);
      expect((await first.shell("health")).code).toBe(0);

      void say(first, "slow 3");
      await until("the agent has the prompt", async () => (await first.prompts()).includes("slow 3"));
      await first.kill();
      await second.start();
      await until("the dead one's message is answered", async () => {
        const turns = await server.ask("SELECT state FROM mos_hub.turns", url);
        return turns.length === 1 && turns[0]?.["state"] === "done";
      });
      expect(await second.prompts()).toEqual([expect.stringMatching(/^\[delivered again after a restart of the hub[^]*slow 3$/)]);
      expect(await first.shell("start")).toMatchObject({ code: 75 });
    });

    test("one that stood still and wakes after it was replaced writes nothing more, and ends", { timeout: STORY_MS }, async () => {
      url = await server.database();
      const [first, second] = [await createHub(), await createHub()];
      await first.start();
      const { pid } = await first.address();
      process.kill(pid, "SIGSTOP");
      try {
        await second.start();
      } finally {
        process.kill(pid, "SIGCONT");
      }
      const by = (await server.ask("SELECT data::json->>'holder' AS holder FROM mos_hub.leases", url))[0]?.["holder"];
      await until("it has ended", () => !first.isAlive());
      expect(first.output()).toContain("Another node has taken over");
      expect(await server.ask("SELECT data::json->>'holder' AS holder FROM mos_hub.leases", url)).toEqual([{ holder: by }]);
      expect(textOf(await say(second, "and you?"))).toContain("Echo: and you?");
    });
  });
});

async function filesWith(dir: string, text: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(files.map(async (file) => ((await readFile(file, "latin1")).includes(text) ? [file] : [])));
  return found.flat();
}
