/** From stranger to operator and out again, over the started program, a platform on a raw line, and the commands an admin would type. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFile } from "../../src/cli/hub-client.ts";
import { createHubProcess, type HubProcess, type Said, until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";
import { createLinePlatform, type LinePlatform } from "../support/wire/line/platform.ts";

const PIN = "739215";
/** Each command is a process of its own. */
const DEADLINE_MS = 120_000;
const TOKEN = "line-token-of-this-test";

let folder: string;
let platform: LinePlatform;
let hub: HubProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mos-hub-pairing-"));
  platform = await createLinePlatform({ token: TOKEN });
  platform.insist();
  const config = join(folder, "hub.yaml");
  const yaml = `
accounts:
  console: { kind: console }
  square: { kind: "${join(ROOT, "tests/support/wire/line/connector.ts")}", port: ${platform.port} }
operators:
  - { name: Ann, roles: [operator, admin], accounts: { square: ann } }
`;
  await writeFile(config, yaml);
  hub = await createHubProcess({ MOS_HUB_PIN: PIN, MOS_HUB_CONFIG: config, LINE_TOKEN: TOKEN });
  await hub.start();
});
afterAll(async () => {
  await hub.end();
  await platform.close();
  await rm(folder, { recursive: true, force: true });
});

const toldIn = (chat: string): string[] => platform.ledger.kept.filter((one) => one.chat === chat).map(({ text }) => text);
const personIn = ({ events }: Said): Record<string, unknown> => events[0] ?? {};

/** What is said in that chat next. */
async function answerIn(chat: string, ask: () => void): Promise<string> {
  const before = toldIn(chat).length;
  ask();
  await until(`something is said to ${chat}`, () => toldIn(chat).length > before);
  return toldIn(chat).at(-1) ?? "";
}

async function codeOf(sender: string): Promise<string> {
  const told = await answerIn(sender, () => platform.say("may I come in?", { from: sender, direct: true }));
  return /Your code is `(\S+)`/.exec(told)?.[1] ?? `no code in: ${told}`;
}

/** As a program that has read the hub's run.json could. */
async function withLocalToken(path: string, body: object): Promise<{ status: number; code: unknown }> {
  const { url, token } = runFile.parse(JSON.parse(await readFile(join(hub.dataDir, "run.json"), "utf8")));
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, code: ((await answer.json()) as Record<string, unknown>)["code"] };
}

test(
  "a stranger is told a code, is let in with the PIN and by nothing less, talks, and is out at once when removed",
  async () => {
    const code = await codeOf("bob");
    expect(await withLocalToken("/v1/pairings/accept", { code })).toEqual({ status: 403, code: "admin_pin_needed" });
    expect(await withLocalToken("/v1/people", { name: "Me", roles: ["approver"] })).toEqual({ status: 403, code: "admin_pin_needed" });
    expect((await hub.cli("pair", "accept", code, "--pin", "000000")).code).toBe(77);
    expect((await hub.cli("pair", "list")).events).toMatchObject([{ type: "pairings", pairings: [{ account: "square", sender: "bob" }] }]);

    const accepted = await hub.cli("pair", "accept", code, "--name", "Bob", "--role", "operator,approver", "--pin", PIN);
    expect([accepted.code, personIn(accepted)]).toMatchObject([
      0,
      { name: "Bob", dir: "bob", roles: ["operator", "approver"], source: "pairing" },
    ]);
    await until("bob is told so", () => toldIn("bob").some((text) => text.startsWith("An admin has let you in")));
    platform.say("hello at last", { from: "bob", direct: true });
    await until("bob is answered", () => toldIn("bob").some((text) => text.includes("Echo: hello at last")));
    expect((await hub.prompts()).join("\n")).not.toContain("may I come in?");

    expect(personIn(await hub.cli("people", "roles", "bob", "operator"))).toMatchObject({ roles: ["operator"] });
    expect(personIn(await hub.cli("people", "show", "Bob"))).toMatchObject({ roles: ["operator"], hasPin: false });
    expect((await hub.cli("people", "remove", "Bob")).code).toBe(0);
    const before = toldIn("bob").length;
    const { n } = platform.say("still there?", { from: "bob", direct: true });
    await until("the hub has taken note", () => platform.ledger.confirmed.has(n));
    expect([toldIn("bob").length, (await hub.prompts()).join("\n").includes("still there?")]).toEqual([before, false]);
    expect((await hub.cli("audit", "verify")).events[0]).toMatchObject({ ok: true });
  },
  DEADLINE_MS,
);

test(
  "who waits is listed with what they call themselves, and when and where they asked; a name moves nothing on the screen",
  async () => {
    const name = 'Zoé "\u202e\u001b[2J';
    await answerIn("zoe", () => platform.say("may I come in?", { from: "zoe", direct: true, name }));
    const { events } = await hub.cli("pair", "list");
    expect(events[0]?.["pairings"]).toContainEqual({
      account: "square",
      sender: "zoe",
      name: 'Zoé "[2J',
      chat: "zoe",
      issuedAt: expect.any(Number),
      expiresAt: expect.any(Number),
    });
    expect((await hub.shell("pair", "list")).stdout).toMatch(
      /^square:zoe {2}calls themselves "Zoé \\"\[2J" {2}asked \d{4}-\d\d-\d\dT\d\d:\d\dZ in zoe, until \d{4}-\d\d-\d\dT\d\d:\d\dZ$/m,
    );
    expect((await hub.cli("pair", "deny", "square:zoe")).code).toBe(0);
  },
  DEADLINE_MS,
);

test(
  "an admin lets somebody in from a chat that is trusted already; who stands in the room gets silence",
  async () => {
    platform.say("what is this place?", { from: "eve" });
    const code = await codeOf("eve");
    expect(await answerIn("square", () => platform.say(`!pair accept ${code} Eve`))).toContain("Accepted");
    platform.say("and now?", { from: "eve" });
    await until("eve is answered in the room", () => toldIn("square").some((text) => text.includes("Echo: and now?")));
    expect(toldIn("square").filter((text) => text.includes("Echo:"))).toHaveLength(1);
  },
  DEADLINE_MS,
);

test(
  "people are added by the ids of their accounts; those of hub.yaml are changed there",
  async () => {
    const added = await hub.cli("people", "add", "Mia Möller", "--role", "operator", "--account", "square:mia", "--pin", PIN);
    expect(personIn(added)).toMatchObject({ name: "Mia Möller", dir: "mia-moller" });
    platform.say("good day", { from: "mia", direct: true });
    await until("mia is answered", () => toldIn("mia").some((text) => text.includes("Echo: good day")));
    const refused = await hub.cli("people", "remove", "Ann");
    expect([refused.code, refused.stderr]).toEqual([77, expect.stringContaining("changed in hub.yaml")]);
    const phone = await codeOf("ann-phone");
    expect(personIn(await hub.cli("pair", "accept", phone, "--person", "Ann"))).toMatchObject({ name: "Ann", source: "config" });
    await hub.terminate();
    await hub.start();
    platform.say("from my phone", { from: "ann-phone", direct: true });
    await until("ann is answered there after the restart", () => toldIn("ann-phone").some((text) => text.includes("Echo: from my phone")));
    expect((await hub.cli("people", "remove", "Ann", "--account", "square:ann-phone")).code).toBe(0);
  },
  DEADLINE_MS,
);
