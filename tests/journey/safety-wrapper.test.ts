/** A Safety Wrapper behind the started hub: it asks from the console and from Telegram, runs what was granted, and keeps its secrets. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/hub-process.ts";
import { type Decision, type Disk, type SafetyWrapper, startSafetyWrapper, type ToolCall } from "../support/systems/safety-wrapper.ts";
import { createTwoChats, FORUM, PIN, type TwoChats } from "../support/two-chats.ts";

const DEADLINE_MS = 150_000;
const SECRET = "tenant-db-password-4711-xyzzy";
const DAY_MS = 86_400_000;

let chats: TwoChats;
let token: string;
let wrapper: SafetyWrapper;
const disk: Disk = { secrets: { db_password: SECRET }, executed: [] };
let early: Decision;

const FILE = {
  orchestrator: { driver: "http", profile: "safety-wrapper", name: "claw", alias: "Claw", token: "claw" },
  approvals: {
    execution_window: "24h",
    trust_classes_of: ["claw"],
    policies: [
      {
        name: "pager-first",
        when: { class: "red" },
        // The preferred surface cannot be reached; after a minute it is the next one's turn.
        chats: [
          { account: "pager", chat: "77" },
          { account: "console", chat: "console", thread: "security" },
        ],
        fallback: true,
      },
    ],
  },
};

beforeAll(async () => {
  chats = await createTwoChats();
  const accounts = {
    console: { kind: "console" },
    telegram: { kind: "telegram", api_root: chats.fake.url, chat_id: String(FORUM) },
    pager: { kind: "telegram", api_root: "http://127.0.0.1:9", chat_id: "77" },
  };
  await chats.start({ ...FILE, accounts });
  token = await chats.token(["orchestrate", "consume"], "claw");
  wrapper = await start();
}, DEADLINE_MS);
afterAll(() => chats?.end());

const start = async (): Promise<SafetyWrapper> => startSafetyWrapper({ url: await chats.url(), token, name: "claw" }, disk);
const call = (session: string, more: Partial<ToolCall>): ToolCall => ({
  session,
  call_id: `call-${Math.random()}`,
  tool: "execute",
  arguments: {},
  classification: "Red",
  ...more,
});

test("the preferred chat is down: the request is made, and the journey goes on meanwhile", { timeout: DEADLINE_MS }, async () => {
  await chats.console.say("drop the old table", "tables");
  const { session } = await wrapper.turn();
  early = await wrapper.ask(call(session, { call_id: "drop-1", arguments: { command: "drop old_table" } }));
  expect(early).toMatchObject({ state: "pending", class: "red" });
  await chats.console.sees("drop old_table", "tables");
});

test(
  "what leaves for the outside is asked in Telegram, granted, run once, and no secret leaves the tenant",
  { timeout: DEADLINE_MS },
  async () => {
    const topic = await chats.telegram.begin("send the report");
    const { session, person } = await wrapper.turn();
    expect(person).toMatchObject({ name: "Ann", dir: "ann" });
    const wanted = call(session, {
      tool: "fetch",
      classification: "Yellow+External",
      arguments: { url: "https://reports.example.internal", password: "SECRET_REF(db_password)" },
    });
    const asking = wrapper.ask(wanted, 40_000);
    const card = await chats.telegram.sees("SECRET_REF(db_password)", topic);
    await chats.telegram.press("SECRET_REF(db_password)", "Approve", topic);
    const { state, grant = "", digest, expires_at = 0, decided_by } = await asking;
    expect({ state, decided_by, digest }).toMatchObject({
      state: "approved",
      decided_by: "Ann",
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(Math.abs(expires_at - Date.now() - DAY_MS)).toBeLessThan(60_000);
    await expect(
      wrapper.execute({ ...wanted, arguments: { ...wanted.arguments, url: "https://elsewhere.example.internal" } }, grant),
    ).rejects.toThrow("about another action");
    await wrapper.execute(wanted, grant);
    expect(disk.executed).toEqual([{ url: "https://reports.example.internal", password: SECRET }]);
    await expect(wrapper.execute(wanted, grant)).rejects.toMatchObject({ status: 403 });
    await wrapper.hook("message_sending", {
      session,
      message_id: "m1",
      text: "The report is on its way; the password was SECRET_REF(db_password).",
    });
    await wrapper.hook("message_sending", {
      session,
      message_id: "m1",
      text: "The report is on its way; the password was SECRET_REF(db_password).",
    });
    await wrapper.end(session, "report-end");
    await chats.telegram.sees("was SECRET_REF(db_password)", topic);
    expect(chats.telegram.shown(topic).filter(({ text }) => text.includes("on its way"))).toHaveLength(1);
    expect(card.text).not.toContain(SECRET);
    const kept = ["hub.db", "hub.db-wal"].map((name) => readFileSync(join(chats.hub.dataDir, name), "latin1")).join("");
    expect(kept).not.toContain(SECRET);
  },
);

test("green runs at once, critical red takes its code, and no class means none", { timeout: DEADLINE_MS }, async () => {
  const topic = await chats.telegram.begin("clean up");
  const { session } = await wrapper.turn();
  expect(await wrapper.ask(call(session, { tool: "read", classification: "GREEN", arguments: { path: "a.txt" } }))).toMatchObject({
    state: "approved",
    grant: expect.any(String),
  });
  const asked = await wrapper.ask(call(session, { classification: "Critical Red", arguments: { command: "wipe the disk" } }));
  expect(asked).toMatchObject({ state: "pending", class: "critical_red" });
  chats.telegram.say("yes", topic);
  expect(await wrapper.ask(call(session, { classification: "Critical Red", arguments: { command: "wipe the disk" } }), 1000)).toMatchObject(
    { state: "pending" },
  );
  chats.telegram.say(`approve ${asked.code}`, topic);
  const again = { classification: "Critical Red", arguments: { command: "wipe the disk" }, call_id: "wipe-again" };
  await until("it is approved", async () => (await wrapper.ask(call(session, again), 2000)).state === "approved");
  await expect(wrapper.ask(call(session, { classification: "Purple" }))).rejects.toMatchObject({ status: 400 });
  await expect(wrapper.hook("no_such_hook", {})).rejects.toMatchObject({ status: 404 });
  await wrapper.end(session, "clean-end");
});

test(
  "a decision that comes after wrapper and hub were started again still reaches the same request",
  { timeout: DEADLINE_MS },
  async () => {
    await chats.console.say("restart the database", "db");
    const { session } = await wrapper.turn("restart the database");
    const wanted = call(session, { call_id: "db-1", arguments: { command: "restart db" } });
    const { code, ask_id } = await wrapper.ask(wanted);
    await chats.hub.kill();
    await chats.hub.start();
    wrapper = await start();
    await chats.client.approvals.decide(code, { verdict: "approve", pin: PIN });
    const decided = await wrapper.ask(wanted, 10_000);
    expect(decided).toMatchObject({ ask_id, state: "approved", grant: expect.any(String) });
    await wrapper.execute(wanted, decided.grant ?? "");
    await wrapper.end(session, "db-end");
    expect(await chats.client.approvals.get(code)).toMatchObject({ state: "consumed" });
  },
);

test("usage is kept per agent and model, four kinds of tokens apart, each output once", { timeout: DEADLINE_MS }, async () => {
  await chats.console.say("think", "usage");
  const { session } = await wrapper.turn("think");
  const usage = { input: 100, output: 20, cache_read: 300, cache_write: 40 };
  const output = { session, output_id: "o-1", agent: "researcher", model: "big-1", usage };
  await wrapper.hook("llm_output", output);
  await wrapper.hook("llm_output", output);
  await wrapper.hook("llm_output", { ...output, output_id: "o-2", agent: "writer" });
  await until("it is counted", async () => (await chats.client.usage()).usage.length === 2);
  const counted = { model: "big-1", input: 100, output: 20, cacheRead: 300, cacheWrite: 40 };
  expect((await chats.client.usage()).usage.toSorted((a, b) => a.agent.localeCompare(b.agent))).toEqual([
    { agent: "researcher", ...counted },
    { agent: "writer", ...counted },
  ]);
  for (const name of ["before_prompt_build", "before_message_write", "tool_result_persist", "heartbeat"])
    expect(await wrapper.hook(name, { session })).toBeUndefined();
  await wrapper.hook("subagent_spawning", { session, agent: "writer", run_id: "r-1" });
  // Of a turn that has ended no card is begun any more.
  await until("the card shows who works", async () =>
    (await chats.console.messages("usage")).some(({ card }) => card?.type === "progress"),
  );
  await wrapper.end(session, "usage-end");
});

test("the policy bundle is signed, for this orchestrator, and the same while the rules are", { timeout: DEADLINE_MS }, async () => {
  const [one, other] = [await wrapper.policy(), await wrapper.policy()];
  expect(one).toMatchObject({ aud: "claw", autonomy_tier: 2, execution_window_ms: DAY_MS, trusted: true, version: other["version"] });
  expect(one["classes"]).toContainEqual(expect.objectContaining({ tool: "fetch", class: "yellow_external" }));
});

test(
  "the request that the preferred chat never showed has come to the next one, and is decided there",
  { timeout: DEADLINE_MS },
  async () => {
    await until(
      "the fallback shows it",
      async () => (await chats.console.messages("security").catch(() => [])).some(({ text }) => text.includes("drop old_table")),
      100_000,
    );
    const card = await chats.console.sees("drop old_table", "security");
    expect(card.card).toMatchObject({ type: "approval", code: early.code });
    await chats.client.approvals.decide(early.code, { verdict: "deny", reason: "not today", pin: PIN });
    const settled = async (thread: string): Promise<number> =>
      (await chats.console.messages(thread)).filter(({ card: shown }) => shown?.type === "approval" && shown.state === "denied").length;
    await until("both copies say so", async () => (await settled("tables")) === 1 && (await settled("security")) === 1);
  },
);
