import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import discord from "../../connectors/discord/definition.ts";
import matrix from "../../connectors/matrix/definition.ts";
import slack from "../../connectors/slack/definition.ts";
import telegram from "../../connectors/telegram/definition.ts";
import { loadConfig } from "../../src/config.ts";

async function warnings(account: string, id: string) {
  const cwd = await mkdtemp(join(tmpdir(), "mos-hub-people-"));
  const matrixBlock = "matrix: { kind: matrix, homeserver_url: http://127.0.0.1:6167, user_id: '@mos:example.internal' }";
  const accounts = `accounts: { discord: { kind: discord }, slack: { kind: slack }, telegram: { kind: telegram }, ${matrixBlock} }`;
  await writeFile(
    join(cwd, "hub.yaml"),
    `${accounts}\noperators:\n  - name: Ann\n    roles: [operator]\n    accounts:\n      ${account}: "${id}"\n`,
  );
  return (await loadConfig({ env: { HOME: cwd }, cwd, connectors: [discord, slack, telegram, matrix] })).warnings;
}

test.each([
  ["discord", "ann", "17 to 20 digits"],
  ["slack", "@ann", "begins with U or W"],
  ["telegram", "@ann", "is a number"],
  ["matrix", "ann", "looks like @"],
])("a name in place of an id of %s is warned of, by its line and without being quoted", async (account, id, wrong) => {
  const [found, ...more] = await warnings(account, id);
  expect(more).toEqual([]);
  expect(found).toMatchObject({ path: `operators[0].accounts.${account}`, line: 6, wrong: expect.stringContaining(wrong) });
  expect(found?.remedy).toContain("mos-hub pair");
});

test.each([
  ["discord", "123456789012345678"],
  ["slack", "U0123ABC"],
  ["slack", "W0123ABC"],
  ["telegram", "1234567"],
  ["matrix", "@ann:example.internal"],
])("an id of %s is taken as it is", async (account, id) => {
  expect(await warnings(account, id)).toEqual([]);
});

test("an id of digits that is not in quotes is said to need them", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "mos-hub-people-"));
  await writeFile(join(cwd, "hub.yaml"), "accounts: { d: { kind: discord, channel_id: 123456789012345678 } }\n");
  const loading = loadConfig({ env: { HOME: cwd }, cwd, connectors: [discord] });
  await expect(loading).rejects.toThrow("must be a text, not a number; write it in quotes");
});
