/** The commands as a person in a shell reads them: words instead of codes of ours, and no Markdown left in its marks. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHubProcess, type HubProcess, type Said, until } from "../support/hub-process.ts";

const PIN = "739215";

let hub: HubProcess;
beforeAll(async () => {
  hub = await createHubProcess({ MOS_HUB_PIN: PIN });
  await hub.start();
});
afterAll(() => hub.end());

const MARKS = /\*\*|```|apr_|dep_/;

async function ask(text: string): Promise<{ code: string; turn: Promise<Said> }> {
  const turn = hub.cli("chat", "--once", text);
  let code = "";
  await until("it is asked", async () => {
    code = /^(\S{3}-\S{3})  pending/m.exec((await hub.shell("approvals")).stdout)?.[1] ?? "";
    return code !== "";
  });
  return { code, turn };
}

test("a word alone lists", async () => {
  expect((await hub.shell("approvals")).stdout).toBe("Nothing waits for a decision.\n");
  expect((await hub.shell("deploy")).stdout).toBe("No deploys yet.\n");
  expect((await hub.shell("outbox")).stdout).toBe("Nothing.\n");
  for (const word of ["people", "audit", "token"]) expect(await hub.shell(word)).toMatchObject({ code: 0, stderr: "" });
  expect(await hub.shell("approvals", "lst")).toMatchObject({ code: 64, stdout: "" });
  expect(await hub.cli("approvals", "lst")).toMatchObject({ code: 64, events: [{ type: "error", code: "bad_request" }] });
});

test("an approval is drawn with what is typed here; once decided nothing asks for a PIN, nor spends a try", async () => {
  const { code, turn } = await ask("approve red");
  const shown = (await hub.shell("approvals", "show", code)).stdout;
  expect(shown).toMatch(new RegExp(`mos-hub(.mjs)? approvals approve ${code}`));
  expect(shown).not.toMatch(MARKS);
  expect((await hub.shell("approvals", "deny", code, "not", "now", "--pin", PIN)).stdout).toBe(`${code} is denied.\n`);
  await turn;
  const late = await hub.shell("approvals", "approve", code, "--pin", "111222");
  expect(late).toMatchObject({ code: 65 });
  expect(late.stderr).toContain(`${code} was already denied by`);
  expect((await hub.shell("approvals", "deny", code)).stdout).toMatch(new RegExp(`^${code} is already denied by .* \\(not now\\)\\.`));
  expect((await hub.shell("approvals", "approve", "ZZZ-999")).stderr).toContain("There is no approval ZZZ-999.");

  const log = (await hub.shell("audit", "list", "--limit", "20")).stdout;
  expect(log).toMatch(new RegExp(`approval.denied  ${code} A rehearsed action of class red  \\(`));
  expect(log).not.toMatch(MARKS);
});

test("deploys are a line each, with the id that other commands take below it", async () => {
  await hub.cli("chat", "--once", "deploy shop fail");
  const { stdout } = await hub.shell("deploy");
  expect(stdout).toMatch(/^✖ shop \(production\): failed[^\n]*\n  [0-9a-f]{10}  \d{4}-\d\d-\d\d \d\d:\d\d UTC  dep_\w+\n$/);
  expect(stdout.replace(/  dep_\w+\n/g, "")).not.toMatch(MARKS);
});

test("what is wrong with what was typed is said in our words", async () => {
  const { stderr } = await hub.shell("usage", "--hours", "many");
  expect(stderr).toContain("hours must be a number");
  expect((await hub.shell("outbox", "--state", "lost")).stderr).toContain("state must be one of: queued, sending");
});

test("what cannot be asked without a terminal is named, and how else it is given", async () => {
  const login = await hub.shell("conduit", "login", "--user", "@mos:matrix.example.internal");
  expect(login.stderr).toContain("The password of @mos:matrix.example.internal is needed, and there is no terminal to ask for it");
  expect(login.stderr).not.toContain("PIN");
  const own = await createHubProcess();
  try {
    const { code, stderr } = await own.shell("pair", "accept", "ABC-DEF");
    expect(stderr).toContain("Your PIN is needed, and there is no terminal to ask for it: give it with --pin, or in MOS_HUB_PIN");
    expect(code).toBe(64);
  } finally {
    await own.end();
  }
});

test("start says of an orchestrator that calls the hub that it has not yet, in a sentence", async () => {
  const calling = await createHubProcess();
  const file = join(calling.dataDir, "calling.yaml");
  await writeFile(file, "orchestrator: { driver: http, name: mos, alias: Mos }\n");
  try {
    await calling.start({ MOS_HUB_CONFIG: file });
    await until("it is said", () => /A message it cannot take waits/.test(calling.output()));
    expect(calling.output()).toMatch(/^! Mos: it has not called yet\. A message it cannot take waits\.$/m);
  } finally {
    await calling.end();
  }
});

test.each([
  ["command", '["no-such-agent", "--acp"]', ".", /"no-such-agent" was not found/],
  ["folder", '["node"]', "./no-such-folder", /its folder .*no-such-folder does not exist/],
])("start says who answers, and at once that the agent's %s is missing", async (_what, command, cwd, missing) => {
  const lacking = await createHubProcess();
  const file = join(lacking.dataDir, "lacking.yaml");
  await writeFile(file, `orchestrator: { driver: acp, alias: Mos, command: ${command}, cwd: ${cwd} }\n`);
  try {
    await lacking.start({ MOS_HUB_CONFIG: file });
    await until("it is said", () => /A message it cannot take waits/.test(lacking.output()));
    expect(lacking.output()).toMatch(/^Mos answers here: /m);
    expect(lacking.output()).toMatch(missing);
  } finally {
    await lacking.end();
  }
});
