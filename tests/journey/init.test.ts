/** `mos-hub init` as a person meets it: on a real terminal, with a fake Discord and a fake homeserver to ask. Skipped where there is no tmux. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { createFakeDiscord } from "../../connectors/discord/fake/discord.ts";
import { createFakeHomeserver } from "../../connectors/matrix/fake/server.ts";
import { systemClock } from "../../src/clock.ts";
import { ROOT } from "../support/repository.ts";
import { hasTmux, openTerminal, type TerminalRig } from "../support/terminal.ts";

const isSkipped = !hasTmux() && process.env["MOS_HUB_REQUIRE_REAL"] !== "1";
const BIN = join(ROOT, "src/cli/mos-hub.mjs");
const SIZE = { columns: 140, rows: 60 };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function open(command: readonly string[]): Promise<TerminalRig> {
  const terminal = await openTerminal([process.execPath, ...command], SIZE);
  ends.push(terminal.end);
  return terminal;
}

async function answer(terminal: TerminalRig, question: RegExp, typed: string): Promise<void> {
  await terminal.until(question);
  if (typed !== "") await terminal.type(typed);
  await terminal.press("Enter");
}

describe.skipIf(isSkipped)("init", () => {
  test("keeps the token a Matrix password gave, never the password, and the doctor is content", async () => {
    const server = await createFakeHomeserver(systemClock);
    ends.push(server.close);
    const mos = server.user("mos");
    const room = server.rooms.create(mos.user);
    const dir = await mkdtemp(join(tmpdir(), "mos-hub-init-"));
    ends.push(() => rm(dir, { recursive: true, force: true }));
    const file = join(dir, "hub.yaml");
    const terminal = await open([BIN, "init", "--file", file]);
    await answer(terminal, /Which orchestrator/, "");
    await answer(terminal, /What do people call it/, "");
    await terminal.until(/Where do people talk to it/);
    await terminal.press("Space");
    await terminal.press("Down", "Down", "Space", "Enter");
    await answer(terminal, /The address of your homeserver/, server.url);
    await answer(terminal, /The hub's own user there/, mos.user);
    await answer(terminal, /password, used once/, "not it");
    await answer(terminal, /That does not work[\s\S]*password, used once[^\n]*\n[^\n]*$/m, mos.password);
    await answer(terminal, /Its home room/, room.id);
    const screen = await terminal.until(/hub\.yaml is written/);
    expect(screen).not.toContain(mos.password);
    const [yaml, env] = await Promise.all([readFile(file, "utf8"), readFile(join(dir, ".env"), "utf8")]);
    const token = /^MATRIX_ACCESS_TOKEN=(\S+)\n$/.exec(env)?.[1] ?? "";
    expect(token).toMatch(/./);
    for (const secret of [token, mos.password]) expect(yaml + screen).not.toContain(secret);
    expect(env).not.toContain(mos.password);
    expect((await stat(join(dir, ".env"))).mode & 0o777).toBe(0o600);
    const doctor = `set -a; . ${dir}/.env; set +a; ${process.execPath} ${BIN} --config ${file} --data-dir ${dir}/data doctor`;
    const { stdout } = await promisify(execFile)("sh", ["-c", doctor]);
    expect(stdout).toContain(`account: ${mos.user}`);
  });

  test("finds Discord's channel by a hello in it", async () => {
    const fake = await createFakeDiscord({ ...systemClock, heartbeatMs: 1000 });
    ends.push(fake.close);
    const bot = fake.addBot("Mos", "init.token-of-the-bot");
    bot.mayReadContent = false;
    const ann = fake.addPerson("Ann");
    const guild = fake.addGuild("Home", [bot.user, ann]);
    const [other, wanted] = [fake.addChannel(guild, "other"), fake.addChannel(guild, "wanted")];
    const terminal = await open([join(ROOT, "tests/support/ask-setup.ts"), "discord", JSON.stringify({ api_base: fake.api })]);
    await answer(terminal, /The bot's token/, "wrong.token");
    await answer(terminal, /That does not work[\s\S]*The bot's token/, "init.token-of-the-bot");
    await terminal.until(/Write "@mos hello" in the channel you want/);
    fake.say(ann, other.id, "hello, but not to the bot");
    fake.say(ann, wanted.id, `<@${bot.user.id}> hello`);
    const screen = await terminal.until(/secrets DISCORD_BOT_TOKEN/);
    expect(screen).toContain(`answers ${wanted.id}`);
    expect(screen).not.toContain("init.token-of-the-bot");
    expect(fake.world.messages.filter(({ author }) => author.id === bot.user.id)).toEqual([]);
  });

  test("asks for the channel's id where it has no token", async () => {
    const terminal = await open([join(ROOT, "tests/support/ask-setup.ts"), "discord"]);
    await answer(terminal, /The bot's token/, "");
    await answer(terminal, /The id of the channel/, "general");
    await answer(terminal, /17 to 20 digits[\s\S]*The id of the channel/, "123456789012345678");
    expect(await terminal.until(/secrets/)).toContain("answers 123456789012345678");
  });
});
