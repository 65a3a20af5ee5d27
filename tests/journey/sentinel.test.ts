/** A Sentinel behind the started hub, in the console and in Telegram: the landing page of a coffee shop, from the first words to its own domain. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { until } from "../support/hub-process.ts";
import { createGateway, type Gateway } from "../support/systems/zeroclaw.ts";
import { createTwoChats, type TwoChats } from "../support/two-chats.ts";

const DEADLINE_MS = 120_000;
const SECRET = `whsec_${randomBytes(24).toString("base64")}`;

let chats: TwoChats;
let gateway: Gateway;

beforeAll(async () => {
  gateway = await createGateway(SECRET);
  chats = await createTwoChats();
  const orchestrator = {
    driver: "http",
    profile: "sentinel",
    name: "sentinel",
    alias: "Sentinel",
    url: `${gateway.url}/hub`,
    secret_env: "SENTINEL_SECRET",
    gateway_url: "https://sentinel.example.internal",
    retry_ms: 50,
    take_within_ms: 2000,
  };
  await chats.start({ orchestrator, deploys: { check_urls: false } }, { SENTINEL_SECRET: SECRET });
  await connect();
}, DEADLINE_MS);
afterAll(async () => {
  await chats?.end();
  await gateway?.stop();
});

let token = "";
async function connect(): Promise<void> {
  token ||= await chats.token(["orchestrate"], "sentinel");
  gateway.connect({ url: await chats.url(), token, name: "sentinel" });
}

async function sessionOf(words: string): Promise<string> {
  await until(`the gateway has "${words}"; ${chats.hub.output().slice(-800)}`, () =>
    gateway.turns.some(({ text }) => text.includes(words)),
  );
  return gateway.turns.find(({ text }) => text.includes(words))?.session ?? "";
}

const child = (agent: string, n: number): string => `agent:${agent}:subagent:0000000${n}-aaaa-4bbb-8ccc-000000000000`;
const teamIn = async (thread: string) =>
  (await chats.console.messages(thread)).flatMap(({ card }) => (card?.type === "progress" ? [card] : []));

test("Archon, Prism and Forge at work are one card, whatever they announce and however often", { timeout: DEADLINE_MS }, async () => {
  await chats.console.say("Build me a landing page for my coffee shop", "shop");
  const session = await sessionOf("coffee shop");
  for (const [n, agent] of ["archon", "prism", "forge"].entries()) {
    await gateway.hook("subagent_spawning", { parent: session, agent, run_id: `run-${n}`, task: "its part" });
    // Prism and Forge are children of Archon.
    await gateway.hook("subagent_spawned", { parent: n === 0 ? session : child("archon", 0), child: child(agent, n), run_id: `run-${n}` });
  }
  await until("the three are at work", async () =>
    (await teamIn("shop")).some(({ team }) => team.filter(({ state }) => state === "running").length === 3),
  );
  const ended = (n: number, agent: string, success: boolean) => ({
    child: child(agent, n),
    run_id: `run-${n}`,
    success,
    summary: `${agent} is through`,
  });
  await gateway.hook("subagent_ended", ended(2, "forge", false));
  await Promise.all([
    gateway.announce(ended(0, "archon", true)),
    gateway.announce(ended(1, "prism", true)),
    gateway.announce(ended(2, "forge", true)),
  ]);
  await gateway.report(session, [{ type: "text", text: "Your page is ready." }, { type: "turn_end" }], "shop-done");
  await chats.console.sees("Your page is ready.", "shop");
  await until("the card has come to its end", async () => (await teamIn("shop"))[0]?.state === "done");
  const cards = await teamIn("shop");
  expect(cards).toHaveLength(1);
  // The first word about an end counts: the announcement after it changes nothing.
  expect(cards[0]?.team.map(({ title, state, summary }) => [title, state, summary])).toEqual([
    ["archon", "done", "archon is through"],
    ["prism", "done", "prism is through"],
    ["forge", "failed", "forge is through"],
  ]);
});

test("a canvas is a link to the gateway, its token where nothing unfolds it", { timeout: DEADLINE_MS }, async () => {
  const topic = await chats.telegram.begin("show me the plan");
  const session = await sessionOf("show me the plan");
  await gateway.hook("canvas", { session, title: "The plan", path: `/__zeroclaw__/canvas/${session}`, kind: "page", token: "t0k&n" });
  const card = await chats.telegram.sees("The plan", topic);
  const url = card.keyboard.flat().find((button) => button.url !== undefined)?.url ?? card.text;
  expect(url).toContain(`https://sentinel.example.internal/__zeroclaw__/canvas/${session}#token=t0k%26n`);
  await gateway.report(session, [{ type: "turn_end" }], "plan-done");
  await expect(gateway.hook("canvas", { session, title: "Elsewhere", path: "//evil.example/x" })).rejects.toMatchObject({ status: 400 });
});

test(
  "a deploy to the cloud is one card: built, live, its own domain, rolled back; a preview is another",
  { timeout: DEADLINE_MS },
  async () => {
    const topic = await chats.telegram.begin("go live");
    const session = await sessionOf("go live");
    const deploy = { session, event: "deploy", deploy_id: "d-1", app: "coffee-shop" };
    const live = { ...deploy, status: "live", url: "https://coffee-shop.koompi.cloud" };
    await gateway.hook("deploy", { ...deploy, status: "building" });
    await gateway.hook("deploy", live);
    await gateway.hook("deploy", live);
    const name = "mycoffeeshop.example";
    await gateway.hook("deploy", {
      ...live,
      event: "domain",
      domain: { name, status: "records", records: ["CNAME coffee-shop.koompi.cloud"] },
    });
    await gateway.hook("deploy", { ...live, event: "domain", domain: { name, status: "certificate" } });
    await gateway.hook("deploy", { ...live, event: "domain", domain: { name, status: "live" } });
    await gateway.hook("deploy", {
      session,
      event: "preview",
      deploy_id: "p-1",
      app: "coffee-shop",
      status: "live",
      url: "https://preview-a1b2.koompi.cloud",
    });
    await gateway.report(session, [{ type: "turn_end" }], "live-done");
    await chats.telegram.sees(name, topic);
    await until("both are there, and the domain is live", async () => {
      const { deploys: now } = await chats.client.deploys.list();
      return now.length === 2 && now.some(({ setups }) => setups?.[0]?.state === "live");
    });
    const { deploys } = await chats.client.deploys.list();
    expect(deploys.map(({ environment, state, urls, setups }) => ({ environment, state, urls, setups }))).toEqual(
      expect.arrayContaining([
        {
          environment: "production",
          state: "live",
          urls: { live: "https://coffee-shop.koompi.cloud" },
          setups: [{ kind: "domain", name, state: "live" }],
        },
        { environment: "preview", state: "live", urls: { preview: "https://preview-a1b2.koompi.cloud" }, setups: undefined },
      ]),
    );
    expect(deploys).toHaveLength(2);
    await gateway.hook("deploy", { ...live, event: "rollback", deploy_id: "d-1" });
    await until("it is rolled back", async () => (await chats.client.deploys.list()).deploys.some(({ state }) => state === "rolled_back"));
    await expect(gateway.hook("deploy", { ...deploy, app: "Not A Name", status: "live" })).rejects.toMatchObject({ status: 400 });
  },
);

test(
  "a message whose answer is lost is the same message again; one to a gateway that is down waits aloud",
  { timeout: DEADLINE_MS },
  async () => {
    gateway.loseAnswers(2);
    await chats.console.say("only once, please", "once");
    const session = await sessionOf("only once");
    await until("it was called until it answered", () => [...gateway.calls.values()].some((times) => times === 3));
    await gateway.report(session, [{ type: "text", text: "Here." }, { type: "turn_end" }], "once-done");
    await chats.console.sees("Here.", "once");
    expect(gateway.turns.filter(({ text }) => text.includes("only once"))).toHaveLength(1);
    await gateway.stop();
    await chats.console.say("are you asleep?", "asleep");
    await chats.console.sees("Your message waits", "asleep");
    await gateway.start();
    await sessionOf("are you asleep?");
    expect(gateway.refused).toEqual([]);
  },
);

test(
  "a hub that dies in the middle of a turn takes up where it was: no second message, no lost word",
  { timeout: DEADLINE_MS },
  async () => {
    const topic = await chats.telegram.begin("a long piece of work");
    const session = await sessionOf("a long piece of work");
    await gateway.hook("subagent_spawned", { parent: session, child: child("oracle", 7), run_id: "run-7" });
    await gateway.report(session, [{ type: "text", text: "First part." }], "long-1");
    await chats.telegram.sees("First part.", topic);
    await chats.settled();
    await chats.hub.kill();
    await chats.hub.start();
    await connect();
    await gateway.report(session, [{ type: "text", text: "First part." }], "long-1");
    await gateway.announce({ child: child("oracle", 7), run_id: "run-7", success: true, summary: "it is foreseen" });
    await gateway.report(session, [{ type: "text", text: "Second part." }, { type: "turn_end" }], "long-2");
    await chats.telegram.sees("Second part.", topic);
    const said = chats.telegram.shown(topic).map(({ text }) => text);
    expect(said.filter((text) => text.includes("First part."))).toHaveLength(1);
    await until("the card says so", () => chats.telegram.shown(topic).some(({ text }) => text.includes("it is foreseen")));
    expect(gateway.turns.filter(({ text }) => text.includes("a long piece of work"))).toHaveLength(1);
  },
);

test("nobody else speaks for it", { timeout: DEADLINE_MS }, async () => {
  const hub = createClient({ where: async () => ({ url: await chats.url(), token: await chats.token(["read", "chat"], "reader") }) });
  await expect(hub.orchestrator("sentinel").hook("subagent_ended", {})).rejects.toMatchObject({ code: "not_allowed" });
  const own = createClient({ where: async () => ({ url: await chats.url(), token }) });
  await expect(own.orchestrator("other").inbox()).rejects.toMatchObject({ code: "not_found" });
  await expect(own.orchestrator("sentinel").inbox()).rejects.toMatchObject({ code: "bad_request" });
});
