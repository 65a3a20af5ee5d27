/** The main job over the started program and a real agent process, driven the way a script would: `chat --once --json` and the commands. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHubProcess, type HubProcess, type Said, until } from "../support/hub-process.ts";

const PIN = "739215";

let hub: HubProcess;
beforeAll(async () => {
  hub = await createHubProcess({ MOS_HUB_PIN: PIN });
  await hub.start();
});
afterAll(() => hub.end());

const say = (text: string, thread = "main"): Promise<Said> => hub.cli("chat", "--once", text, "--thread", thread);
const textOf = ({ events }: Said): string =>
  events
    .filter(({ type }) => type === "text")
    .map(({ text }) => String(text))
    .join("\n");
const cardsOf = ({ events }: Said, type: string): Record<string, unknown>[] =>
  events
    .map(({ card }) => card as Record<string, unknown> | undefined)
    .filter((card) => card !== undefined)
    .filter((card) => card["type"] === type);

async function pendingCode(): Promise<string> {
  let code = "";
  await until("something waits for a decision", async () => {
    const [listed] = (await hub.cli("approvals", "list")).events;
    code = (listed?.["approvals"] as { code: string }[] | undefined)?.[0]?.code ?? "";
    return code !== "";
  });
  return code;
}

test("an answer streams, and the turn ends exactly once", async () => {
  const said = await say("stream");
  expect(said.code).toBe(0);
  expect(said.events.at(0)).toMatchObject({ type: "accepted", thread: "main" });
  expect(said.events.filter(({ type }) => type === "text_delta").length).toBeGreaterThan(1);
  expect(said.events.filter(({ type }) => type === "turn_end")).toEqual([said.events.at(-1)]);
  expect(said.events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
});

test("two threads side by side never mix", async () => {
  const [red, blue] = await Promise.all([say("the colour is red", "red"), say("the colour is blue", "blue")]);
  expect(textOf(red)).toContain("Echo: the colour is red");
  expect(textOf(red)).not.toContain("blue");
  expect(textOf(blue)).toContain("Echo: the colour is blue");
  expect(textOf(blue)).not.toContain("red");
});

describe("a gated action", () => {
  test("runs once it is approved with the PIN, and not before", async () => {
    const asking = say("approve red", "gate");
    const code = await pendingCode();
    const typed = await say(`approve ${code}`, "gate-2");
    expect(textOf(typed)).toContain("PIN");
    const wrong = await hub.cli("approvals", "approve", code, "--pin", "111222");
    expect(wrong.code).toBe(77);
    const approved = await hub.cli("approvals", "approve", code, "--pin", PIN);
    expect(approved.code).toBe(0);
    const said = await asking;
    expect(textOf(said)).toContain("approved");
    expect(cardsOf(said, "approval").map(({ state }) => state)).toEqual(expect.arrayContaining(["pending", "approved"]));
    const again = await hub.cli("approvals", "approve", code, "--pin", PIN);
    expect(again.code).toBe(0);
    const late = await hub.cli("approvals", "deny", code, "--pin", PIN);
    expect(late.code).toBe(65);
  });

  test("does not run when it is denied, and the reason reaches the agent", async () => {
    const asking = say("approve critical_red", "gate");
    const code = await pendingCode();
    expect((await hub.cli("approvals", "deny", code, "not on a Friday", "--pin", PIN)).code).toBe(0);
    expect(textOf(await asking)).toContain("not on a Friday");
  });

  test("that a script asks about waits for its people, and the script has the grant or ends with 77", async () => {
    const ask = (action: string) => hub.cli("approvals", "ask", "Release", action, "--tool", "execute", "--wait");
    const approving = ask('{"command":"release"}');
    const code = await pendingCode();
    expect((await hub.cli("approvals", "approve", code, "--always", "--pin", PIN)).code).toBe(0);
    const approved = await approving;
    expect(approved.stderr).toMatch(
      new RegExp(`^Waiting for a decision on ${code}: Release\\. Who may: approver\\.\n.* approvals approve ${code}\n`),
    );
    expect([approved.code, approved.events[0]]).toMatchObject([0, { code, state: "approved", grant: expect.stringMatching(/^ey/) }]);
    const standing = await hub.shell("policy", "rules");
    expect(standing.stdout).toContain(`${code}  Release, asked by this machine: allowed by`);
    expect((await ask('{"command":"release"}')).events[0]).toMatchObject({ state: "approved" });
    expect((await hub.shell("policy", "rules", "end", code)).stdout).toContain(`What ${code} allowed is asked again.`);
    expect((await hub.shell("policy", "rules")).stdout).toContain("Everything is asked each time.");
    const denying = ask('{"command":"another"}');
    expect((await hub.cli("approvals", "deny", await pendingCode(), "--pin", PIN)).code).toBe(0);
    expect(await denying).toMatchObject({ code: 77, events: [{ state: "denied" }] });
  });

  test("leaves an audit log that is whole", async () => {
    const { code, events } = await hub.cli("audit", "verify");
    expect({ code, ok: events[0]?.["ok"] }).toEqual({ code: 0, ok: true });
  });

  test("and can be taken away and checked there, against a head that was kept", async () => {
    const file = join(hub.dataDir, "taken-away.jsonl");
    expect((await hub.shell("audit", "export", "--to", file)).code).toBe(0);
    const head = (await hub.shell("audit", "head")).stdout.trim();
    expect(await hub.shell("audit", "verify", file, "--head", head)).toMatchObject({ code: 0 });
    expect((await hub.shell("audit", "export", "--to", file)).code).not.toBe(0);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(Number(head.split(":")[0])).toBe(lines.length);
    await writeFile(file, `${lines.slice(0, -1).join("\n")}\n`);
    expect(await hub.shell("audit", "verify", file)).toMatchObject({ code: 0 });
    const cut = await hub.shell("audit", "verify", file, "--head", head);
    expect([cut.code, cut.stdout]).toEqual([65, expect.stringContaining("cut")]);
    await writeFile(file, lines.join("\n").replace("approve", "Approve"));
    expect(await hub.shell("audit", "verify", file)).toMatchObject({ code: 65 });
  });
});

describe("what happened elsewhere", () => {
  test("a deploy is one card, from queued to live", async () => {
    const cards = cardsOf(await say("deploy shop"), "deploy");
    expect(cards[0]).toMatchObject({ app: "shop", state: "queued" });
    expect(cards.at(-1)).toMatchObject({ app: "shop", state: "live", urls: { live: "https://shop.koompi.cloud" } });
    expect(new Set(cards.map(({ id }) => id)).size).toBe(1);
  });

  test("a failing deploy says so in a message of its own", async () => {
    const said = await say("deploy bakery fail");
    expect(cardsOf(said, "deploy").at(-1)).toMatchObject({ app: "bakery", state: "failed" });
    expect(cardsOf(said, "notice").map(({ text }) => text)).toEqual([expect.stringContaining("bakery")]);
  });

  test("a canvas is a card with its link", async () => {
    expect(cardsOf(await say("canvas"), "canvas")).toEqual([expect.objectContaining({ url: expect.stringMatching(/^https:/) })]);
  });

  test("a deploy reported by a pipeline is listed", async () => {
    expect(
      (
        await hub.cli(
          "deploy",
          "announce",
          "--app",
          "api",
          "--environment",
          "staging",
          "--state",
          "live",
          "--url",
          "https://api.example.com",
        )
      ).code,
    ).toBe(0);
    const [listed] = (await hub.cli("deploy", "list")).events;
    expect(listed?.["deploys"]).toEqual(
      expect.arrayContaining([expect.objectContaining({ app: "api", environment: "staging", state: "live" })]),
    );
  });
});

test("the coffee shop: built, published after an approval, under its own domain", async () => {
  const built = await say("Build me a landing page for my coffee shop", "coffee");
  expect(cardsOf(built, "deploy").at(-1)).toMatchObject({ state: "live", urls: { live: "https://coffee-shop.koompi.cloud" } });
  const team = cardsOf(built, "progress").at(-1)?.["team"] as { title: string; state: string }[];
  expect(team.map(({ title }) => title)).toEqual(
    expect.arrayContaining([expect.stringContaining("Archon"), expect.stringContaining("Prism"), expect.stringContaining("Forge")]),
  );
  const publishing = say("go live", "coffee");
  await hub.cli("approvals", "approve", await pendingCode(), "--pin", PIN);
  expect(cardsOf(await publishing, "deploy").at(-1)).toMatchObject({ state: "live" });
  const connecting = say("use mycoffeeshop.com", "coffee");
  await hub.cli("approvals", "approve", await pendingCode(), "--pin", PIN);
  expect(cardsOf(await connecting, "deploy").at(-1)).toMatchObject({
    setups: [{ kind: "domain", name: "mycoffeeshop.com", state: "live" }],
  });
});

test("killed in mid-answer and started again: nothing is lost, and what is doubled is marked", async () => {
  const answering = say("slow 2", "crashy");
  await until("the agent has the prompt", async () => (await hub.prompts()).includes("slow 2"));
  await hub.kill();
  await hub.start();
  const said = await answering;
  expect(said.events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
  expect(cardsOf(said, "notice").map(({ text }) => text)).toEqual([expect.stringContaining("restarted")]);
  const given = (await hub.prompts()).filter((prompt) => prompt.includes("slow 2"));
  expect(given).toHaveLength(2);
  expect(given[1]).toMatch(/^\[delivered again after a restart of the hub/);
  expect(textOf(await say("still there?", "red"))).toContain("Echo: still there?");
});

test("where a message is can be asked, hop by hop", async () => {
  const accepted = (await say("where is this")).events[0];
  const [trace] = (await hub.cli("trace", String(accepted?.["trace"]))).events;
  const steps = ((trace?.["hops"] ?? []) as { step: string }[]).map(({ step }) => step);
  expect(steps).toEqual(expect.arrayContaining(["journalled", "routed", "accepted by the orchestrator", "message sent", "turn done"]));
});

test("SIGTERM drains and ends with 0", async () => {
  expect(await hub.terminate()).toBe(0);
  expect((await hub.cli("health")).code).toBe(69);
});
