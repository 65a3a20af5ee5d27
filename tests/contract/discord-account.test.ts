/** What stops an account at Discord, what makes it begin anew, and accounts side by side, over the wire. */
import { afterEach, describe, expect, test } from "vitest";
import { USUAL } from "../../connectors/discord/fake/discord.ts";
import { systemClock } from "../../src/clock.ts";
import { HubError } from "../../src/contract/errors.ts";
import { createDiscordBench, type DiscordBench } from "../support/discord-bench.ts";
import { until } from "../support/hub-process.ts";

const benches: DiscordBench[] = [];
afterEach(async () => {
  for (const one of benches.splice(0)) await one.end();
});

async function open(options?: Parameters<typeof createDiscordBench>[0]): Promise<DiscordBench> {
  const bench = await createDiscordBench(options);
  benches.push(bench);
  return bench;
}

describe("an account that cannot go on", () => {
  test("without the intent stops and says how to mend it; without asking for it, it runs", async () => {
    const bench = await open();
    bench.bot.mayReadContent = false;
    const { connector } = bench.make();
    const stopped = await connector.start?.().catch((thrown: unknown) => thrown);
    expect(stopped).toBeInstanceOf(HubError);
    expect([(stopped as HubError).code, (stopped as HubError).remedy]).toEqual([
      "account_stopped",
      expect.stringContaining("set message_content: false"),
    ]);
    expect(await connector.health()).toMatchObject({ reachable: false, authenticated: false });
    expect(bench.fake.counts.identified).toBe(1);
    await bench.connect({ message_content: false });
  });

  test.each(["", "wrong.token"])("with the token %j stops, and asks no second time", async (token) => {
    const bench = await open();
    const { connector } = bench.make({}, token);
    await expect(connector.start?.()).rejects.toMatchObject({ code: "account_stopped" });
    expect((await connector.health()).detail).toMatch(/token/);
    expect(bench.fake.calls.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(1);
  });

  test("stops when its token is taken away", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    bench.bot.isTokenValid = false;
    expect(await connector.send({ text: "hello?" })).toMatchObject({ outcome: "not_sent", verdict: { do: "reauth" } });
    const { authenticated, detail = "" } = await connector.health();
    expect([authenticated, detail.includes("token")]).toEqual([false, true]);
  });

  test.each([4004, 4010, 4011, 4012, 4013, 4014])(
    "stops when Discord closes with %i, says what to do, and knocks no more",
    async (code) => {
      const bench = await open();
      const { connector } = await bench.connect();
      bench.fake.gateway.closeAll(code);
      await until("it has stopped", async () => (await connector.health()).facts?.transport === "stopped");
      const { authenticated, detail } = await connector.health();
      expect([authenticated, detail]).toEqual([false, expect.stringMatching(/\. [A-Z].+\.$/)]);
      expect(bench.fake.counts).toMatchObject({ identified: 1, resumed: 0 });
    },
  );

  test("whose heartbeats are not answered is unhealthy, and connects again when they are", async () => {
    const bench = await open({ heartbeatMs: 200 });
    const { connector, messages } = await bench.connect({ heartbeat_overdue_ms: 700 });
    bench.fake.silence(true);
    await until("it is unhealthy", async () => !(await connector.health()).reachable);
    expect((await connector.health()).detail).toMatch(/Discord is silent|connecting/);
    bench.fake.silence(false);
    await until("it is back", async () => (await connector.health()).reachable);
    bench.fake.say(bench.ann, bench.channel.id, `<@${bench.bot.user.id}> here?`);
    await until("it hears", () => messages.some(({ text }) => text === "here?"));
    expect(bench.fake.counts.resumed + bench.fake.counts.identified).toBeGreaterThan(1);
  });

  test("says at its start which permission is missing, and where", async () => {
    const bench = await open();
    const everyone = bench.guild.roles[0];
    if (everyone) everyone.permissions = String(USUAL & ~(1n << 35n));
    const { connector } = await bench.connect();
    await until("it is told", async () => (await connector.health()).detail !== undefined);
    expect((await connector.health()).detail).toContain("in #general the bot lacks: Create Public Threads");
  });
});

describe("several at once", () => {
  test("two servers with one bot keep their ids apart, and two bots hear only what is theirs", async () => {
    const bench = await open();
    const { fake, ann, bot } = bench;
    const other = fake.addBot("Ops", "token-of-ops");
    const far = fake.addGuild("Far", [bot.user, ann]);
    const farChannel = fake.addChannel(far, "general");
    const opsChannel = fake.addChannel(fake.addGuild("Ops", [other.user, ann]), "ops");
    const mos = await bench.connect();
    const ops = bench.make({ channel_id: opsChannel.id }, "token-of-ops");
    await ops.connector.start?.();
    fake.say(ann, bench.channel.id, `<@${bot.user.id}> here`);
    fake.say(ann, farChannel.id, `<@${bot.user.id}> there`);
    fake.say(ann, opsChannel.id, `<@${other.user.id}> ops`);
    await until("all have come", () => mos.messages.length === 2 && ops.messages.length === 1);
    const places = mos.messages.map(({ text, workspaceId, chatId }) => [text, workspaceId, chatId]).toSorted();
    expect(places).toEqual([
      ["here", bench.guild.id, bench.channel.id],
      ["there", far.id, farChannel.id],
    ]);
    expect(ops.messages.map(({ text }) => text)).toEqual(["ops"]);
  });

  test("two servers of their own that give the same ids never mix", async () => {
    const born = systemClock.now();
    const bench = await open({ now: () => born });
    const twin = await createDiscordBench({ now: () => born });
    benches.push(twin);
    const both = [await bench.connect(), await twin.connect()] as const;
    expect([twin.channel.id, twin.ann.id]).toEqual([bench.channel.id, bench.ann.id]);
    const ids = [bench, twin].map(({ fake, ann, bot, channel }, at) => fake.say(ann, channel.id, `<@${bot.user.id}> to ${at}`).id);
    expect(ids[0]).toBe(ids[1]);
    await until("both have come", () => both.every(({ messages }) => messages.length === 1));
    expect(both.map(({ messages }) => messages.map(({ text }) => text))).toEqual([["to 0"], ["to 1"]]);
    const sent = await Promise.all(both.map(({ connector }, at) => connector.send({ text: `from ${at}`, idempotencyKey: "out_1" })));
    expect(sent[0]?.receipt).toEqual(sent[1]?.receipt);
    expect([bench, twin].map((one) => one.shown().map(({ content }) => content))).toEqual([["from 0"], ["from 1"]]);
  });
});
