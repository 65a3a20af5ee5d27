/** A Colony behind the started hub: typed missions from the console and from Telegram, reviewed by people, over the deaths of hub and colony. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/hub-process.ts";
import { type Colony, type ColonyMission, createColony } from "../support/systems/colony.ts";
import { createTwoChats, PIN, type TwoChats } from "../support/two-chats.ts";

const DEADLINE_MS = 120_000;
const TOKEN = "colony-root-token-of-the-test";
const ORCHESTRATOR = {
  driver: "http",
  profile: "colony",
  name: "colony",
  alias: "Colony",
  secret_env: "COLONY_TOKEN",
  poll_ms: 50,
  retry_ms: 50,
};

let chats: TwoChats;
let colony: Colony;

beforeAll(async () => {
  colony = await createColony(TOKEN);
  chats = await createTwoChats();
  await chats.start({ orchestrator: { ...ORCHESTRATOR, url: colony.url } }, { COLONY_TOKEN: TOKEN });
}, DEADLINE_MS);
afterAll(async () => {
  await chats?.end();
  await colony?.stop();
});

async function missionOf(goal: string): Promise<ColonyMission> {
  let found: ColonyMission | undefined;
  await until(`the colony has "${goal}"; it was called ${colony.log.slice(-5).join(", ")}; ${chats.hub.output().slice(-800)}`, () => {
    found = [...colony.missions.values()].find(({ user_goal: said }) => said === goal);
    return found !== undefined;
  });
  return found as ColonyMission;
}

const card = async (thread: string) =>
  (await chats.console.messages(thread)).flatMap(({ card: one }) => (one?.type === "progress" ? [one] : []));

test(
  "a thread is asked once which mission it is for; then each message is one, with who asked and for whom",
  { timeout: DEADLINE_MS },
  async () => {
    const topic = await chats.telegram.begin("what should we price?");
    await chats.telegram.sees("Which kind of mission", topic);
    expect(colony.missions.size).toBe(0);
    chats.telegram.say("oracle_advisory", topic);
    const mission = await missionOf("what should we price?");
    expect(mission).toMatchObject({ mission_type: "oracle_advisory", origin_surface: "mos-hub", tenant_id: "local", risk_level: "medium" });
    expect(mission.actor_id).toMatch(/^per_/);
    colony.set(mission.mission_id, { status: "completed" });
    await chats.telegram.sees("About: what should we price?", topic);
    chats.telegram.say("and what next?", topic);
    const next = await missionOf("and what next?");
    expect(next.mission_type).toBe("oracle_advisory");
    colony.set(next.mission_id, { status: "completed" });
    await chats.telegram.sees("About: and what next?", topic);
    expect(chats.telegram.shown(topic).filter(({ text }) => text.includes("Which kind of mission"))).toHaveLength(1);
  },
);

/** A thread bound to its kind of mission. */
async function bound(thread: string, goal: string): Promise<ColonyMission> {
  await chats.console.say(goal, thread);
  await chats.console.sees("Which kind of mission", thread);
  await chats.console.say("catalyst_strategy_brief", thread);
  return missionOf(goal);
}

test("every state changes one card, and a failure shows its reason", { timeout: DEADLINE_MS }, async () => {
  const { mission_id: id } = await bound("states", "write the brief");
  for (const [status, stage] of [
    ["planning", "scoping"],
    ["running", "research"],
    ["running", "writing"],
  ] as const) {
    colony.set(id, { status, stage });
    await until(`the card says ${stage}`, async () =>
      (await card("states")).some(({ team }) => team.some(({ summary }) => summary === `${status}: ${stage}`)),
    );
  }
  colony.set(id, { status: "failed", failure_reason: "the token budget is spent" });
  await chats.console.sees("the token budget is spent", "states");
  await until("the card says that it failed", async () => (await card("states"))[0]?.state === "failed");
  expect(await card("states")).toHaveLength(1);
});

test("a review is an approval of its class: approve in Telegram, reject with a reason at the shell", { timeout: DEADLINE_MS }, async () => {
  const review_packet = { packet_id: "p-1", title: "Send the offer", summary: "To forty leads", actions: [{ send: "offer", to: 40 }] };
  const topic = await chats.telegram.begin("find leads");
  await chats.telegram.sees("Which kind of mission", topic);
  chats.telegram.say("crm_lead_intelligence", topic);
  const one = await missionOf("find leads");
  colony.set(one.mission_id, { status: "review", review_packet, risk_level: "high", sensitivity_class: "confidential" });
  await chats.telegram.press("Send the offer", "Approve", topic);
  await until("the colony was told", () => colony.missions.get(one.mission_id)?.decision?.verdict === "approve");
  colony.set(one.mission_id, { status: "completed" });
  await chats.telegram.sees("About: find leads", topic);

  const other = await bound("review", "find more leads");
  colony.set(other.mission_id, { status: "review", review_packet: { ...review_packet, packet_id: "p-2" }, risk_level: "critical" });
  const shown = await chats.console.sees("Send the offer", "review");
  expect(shown.card).toMatchObject({ type: "approval", class: "critical_red" });
  const code = shown.card?.type === "approval" ? shown.card.code : "";
  await chats.client.approvals.decide(code, { verdict: "deny", reason: "too many", pin: PIN });
  await until("the colony was told", () => colony.missions.get(other.mission_id)?.decision?.verdict === "reject");
  expect(colony.missions.get(other.mission_id)?.decision?.reason).toBe("too many");
  await chats.console.sees("rejected", "review");
});

test(
  "the hub dies in the middle of a review, the colony is away when it is decided: nothing is lost or told twice",
  { timeout: DEADLINE_MS },
  async () => {
    const { mission_id: id } = await bound("deaths", "survive the night");
    colony.set(id, { status: "review", review_packet: { packet_id: "p-3", title: "Go on at night", summary: "", actions: [] } });
    const shown = await chats.console.sees("Go on at night", "deaths");
    await chats.settled();
    await chats.hub.kill();
    await chats.hub.start();
    await colony.stop();
    const code = shown.card?.type === "approval" ? shown.card.code : "";
    await chats.client.approvals.decide(code, { verdict: "approve", pin: PIN });
    await colony.start();
    await until("the colony was told", () => colony.missions.get(id)?.decision?.verdict === "approve");
    colony.set(id, { status: "completed" });
    await chats.console.sees("About: survive the night", "deaths");
    expect(colony.log.filter((line) => line === `POST /api/colony/missions/${id}/approve`)).toHaveLength(1);
    expect([...colony.missions.values()].filter(({ user_goal }) => user_goal === "survive the night")).toHaveLength(1);
    const said = (await chats.console.messages("deaths")).filter(({ from }) => from === "hub").map(({ text }) => text);
    expect(said.filter((text) => text.includes("About: survive the night"))).toHaveLength(1);
    expect(said.join()).not.toContain("again");
  },
);

test("a colony that stumbles gets the mission once; one that is down is said aloud and unhealthy", { timeout: DEADLINE_MS }, async () => {
  const first = await bound("stumble", "try me");
  colony.set(first.mission_id, { status: "completed" });
  await chats.console.sees("About: try me", "stumble");
  colony.failNext(3);
  await chats.console.say("try me twice", "stumble");
  const { mission_id: id } = await missionOf("try me twice");
  colony.set(id, { status: "completed" });
  await chats.console.sees("About: try me twice", "stumble");
  await colony.stop();
  const { orchestrators } = await chats.client.request("/v1/health", { answer: (await import("../../src/api/shapes.ts")).healthShape });
  expect(orchestrators[0]).toMatchObject({ answered: false, detail: expect.stringContaining("ECONNREFUSED") });
  await colony.start();
});

test("stop rejects the mission, and a trace replays what became of it", { timeout: DEADLINE_MS }, async () => {
  const { mission_id: id } = await bound("stop", "never mind");
  colony.set(id, { status: "running", stage: "long" });
  await chats.console.say("!stop", "stop");
  await until("the colony was told", () => colony.missions.get(id)?.status === "rejected");
  const [{ trace = "" } = {}] = (await chats.console.messages("stop")).filter(({ text }) => text === "never mind");
  const replayed = await chats.client.replay(trace ?? "");
  expect([replayed.turns.length, replayed.outbox.length > 0]).toEqual([1, true]);
});
