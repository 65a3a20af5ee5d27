/** What doctor finds, against the fake. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { USUAL } from "../../../connectors/discord/fake/discord.ts";
import { setup } from "../../../connectors/discord/init/questions.ts";
import { missing } from "../../../connectors/discord/permissions.ts";
import { check } from "../../../connectors/discord/setup.ts";
import { createDiscordBench, type DiscordBench, TOKEN } from "../../support/discord-bench.ts";
import { until } from "../../support/hub-process.ts";

let bench: DiscordBench;
beforeEach(async () => void (bench = await createDiscordBench()));
afterEach(() => bench.end());

const look = (more: Record<string, unknown> = {}, token: string | undefined = TOKEN, chats: readonly string[] = []) =>
  check(
    { kind: "discord", api_base: bench.fake.api, channel_id: bench.channel.id, ...more },
    { get: () => token },
    chats.map((chatId) => ({ chatId })),
  );
const SEND_MESSAGES = 1n << 11n;

describe("doctor", () => {
  test("finds nothing wrong with an account that is right, and has the invite link", async () => {
    const found = await look();
    expect(found.map(({ name, ok }) => [name, ok])).toEqual([
      ["token", true],
      ["intents", true],
      ["servers", true],
      ["home channel", true],
    ]);
    expect(found[2]?.detail).toMatch(/client_id=\d+&scope=bot\+applications\.commands&permissions=\d+/);
  });

  test.each(["", "wrong.token"])("says that the token %j is not good, and no more", async (token) => {
    const found = await look({}, token);
    expect(found).toMatchObject([{ name: "token", ok: false, remedy: expect.stringContaining("DISCORD_BOT_TOKEN") }]);
    expect(found[0]?.remedy).not.toContain("channel_id");
  });

  test("says that the intent is off, unless it is not wanted", async () => {
    bench.bot.mayReadContent = false;
    expect((await look())[1]).toMatchObject({ name: "intents", ok: false, remedy: expect.stringContaining("Privileged Gateway Intents") });
    expect((await look({ message_content: false }))[1]).toMatchObject({ ok: true });
  });

  test("names each missing permission and the channel", async () => {
    const deny = String((1n << 35n) | (1n << 38n));
    bench.channel.overwrites = [{ id: bench.bot.user.id, type: 1, allow: "0", deny }];
    expect((await look())[3]?.detail).toBe("in #general the bot lacks: Send Messages in Threads, Create Public Threads");
  });

  test("looks at every other channel the hub is to speak in, and names it with what is missing there", async () => {
    const [fine, mute] = [bench.fake.addChannel(bench.guild, "deploys"), bench.fake.addChannel(bench.guild, "ops")];
    mute.overwrites = [{ id: bench.bot.user.id, type: 1, allow: "0", deny: String(SEND_MESSAGES) }];
    const gone = "123456789012345678";
    const [good, lacking, missed, ...more] = (await look({}, TOKEN, [bench.channel.id, fine.id, mute.id, gone])).slice(4);
    expect(good).toMatchObject({ name: `chat ${fine.id}`, ok: true });
    expect(lacking).toMatchObject({ name: `chat ${mute.id}`, ok: false, detail: "in #ops the bot lacks: Send Messages" });
    expect(lacking?.remedy).toContain("under Permissions");
    expect(missed).toMatchObject({ name: `chat ${gone}`, ok: false, remedy: expect.stringContaining("Let the bot see that channel") });
    expect(more).toEqual([]);
    expect(await look({}, "wrong.token", [mute.id])).toHaveLength(1);
  });

  test("each start looks, too, and health says it while nothing is worse", async () => {
    const mute = bench.fake.addChannel(bench.guild, "ops");
    mute.overwrites = [{ id: bench.bot.user.id, type: 1, allow: "0", deny: String(SEND_MESSAGES) }];
    bench.inUse = [mute.id];
    const { connector } = await bench.connect();
    await until("health says it", async () => (await connector.health()).detail?.includes("in #ops the bot lacks: Send Messages") ?? false);
    expect(await connector.health()).toMatchObject({ reachable: true, authenticated: true });
    expect(bench.logged.join()).toContain("in #ops the bot lacks: Send Messages");
  });

  test("says that the channel is not there, or that there is none", async () => {
    expect((await look({ channel_id: "123456789012345678" }))[3]).toMatchObject({ name: "home channel", ok: false });
    expect((await look({ channel_id: "123456789012345678" }))[3]?.remedy).toBe("Check channel_id, and that the bot is in that server.");
    expect((await look({ channel_id: undefined }))[3]).toMatchObject({ ok: true, isWarning: true });
  });

  test("refuses a block that is wrong, with every problem", async () => {
    const [found] = await look({ channel_id: 5, chanel: "x" });
    expect([found?.ok, found?.detail]).toEqual([false, expect.stringMatching(/channel_id[\s\S]*chanel|chanel[\s\S]*channel_id/)]);
  });

  test("reads only", async () => {
    await look();
    expect(bench.fake.calls.map(({ method }) => method)).toEqual(bench.fake.calls.map(() => "GET"));
  });
});

test("init takes an id and nothing else, and of a channel the bot sees where it has the token", async () => {
  const ask = (answer: string, token?: string) =>
    setup
      .find(({ key }) => key === "channel_id")
      ?.check?.(answer, { answers: { api_base: bench.fake.api }, secrets: { get: () => token } });
  expect(await ask("#general")).toContain("digits");
  expect(await ask("123456789012345678")).toBeUndefined();
  expect(await ask("123456789012345678", TOKEN)).toMatch(/./);
  expect(await ask(bench.channel.id, TOKEN)).toBeUndefined();
});

describe("permissions", () => {
  const roles = [
    { id: "1", permissions: String(USUAL) },
    { id: "2", permissions: "8" },
    { id: "3", permissions: "0" },
  ];
  const standing = {
    guildId: "1",
    botId: "9",
    roles,
    own: [] as string[],
    overwrites: [] as { id: string; allow: string; deny: string }[],
  };
  const attach = String(1n << 15n);

  test("of a member are enough", () => expect(missing(standing)).toEqual([]));
  test("a channel takes one away", () => {
    expect(missing({ ...standing, overwrites: [{ id: "1", allow: "0", deny: attach }] })).toEqual(["Attach Files"]);
  });
  test("what a role or the bot itself is given outdoes what everyone is denied", () => {
    const denied = { id: "1", allow: "0", deny: attach };
    expect(missing({ ...standing, own: ["3"], overwrites: [denied, { id: "3", allow: attach, deny: "0" }] })).toEqual([]);
    expect(missing({ ...standing, overwrites: [denied, { id: "9", allow: attach, deny: "0" }] })).toEqual([]);
  });
  test("an administrator has all", () => {
    expect(missing({ ...standing, own: ["2"], overwrites: [{ id: "1", allow: "0", deny: String(~0n & 0xffffffffffn) }] })).toEqual([]);
  });
});
