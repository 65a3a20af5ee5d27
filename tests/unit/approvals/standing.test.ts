/** `approve CODE always`: exactly that is not asked again for a while, unless somebody ends it, and never where more than one word is wanted. */
import { afterEach, describe, expect, test } from "vitest";
import type { ApprovalRules, PolicyRule } from "../../../src/contract/policy.ts";
import type { ApprovalAsk } from "../../../src/contract/orchestrator.ts";
import { update } from "../../../src/contract/store.ts";
import type { Row } from "../../../src/contract/tables.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { addPerson } from "../../support/mortal-journal.ts";

const HOUR_MS = 3_600_000;
const ASK: ApprovalAsk = { title: "Release", action: { command: "release" }, tool: "execute", environment: "preview" };

let bench: HubBench;
let asks = 0;
afterEach(() => bench.file.dispose());

async function open(policies: readonly PolicyRule[] = [], more: Partial<ApprovalRules> = {}): Promise<void> {
  bench = await createHubBench({ can: { edit: true, ask: true }, approvals: { policies, standingMs: HOUR_MS, ...more } });
  await addPerson(bench.life().journal, "bob", ["operator", "approver"]);
  await addPerson(bench.life().journal, "olga", ["operator"]);
  await bench.say("work");
}

async function ask(change: Partial<ApprovalAsk> = {}): Promise<Row<"approvals">> {
  asks += 1;
  await bench.agent.report("work", { type: "approval_request", ask: { ...ASK, ...change }, handle: { requestId: `r${asks}`, epoch: "1" } });
  await bench.clock.tick(10);
  const [row] = await bench.life().journal.store.find("approvals", { newestFirst: true, limit: 1 });
  if (!row) throw new Error("nothing was asked");
  return row;
}

async function say(text: string, sender = "ann"): Promise<string> {
  const before = bench.chat.shown.length;
  await bench.say(text, "t1", { sender });
  await bench.clock.tick(2000);
  return bench.chat.shown.slice(before).join("\n");
}

async function allowed(change: Partial<ApprovalAsk> = {}): Promise<string> {
  const { code } = await ask(change);
  await say(`approve ${code} always`);
  return code;
}

describe("`!approvals CODE`", () => {
  test("shows a request whole, and says that it may be allowed for good; the card itself does not", async () => {
    await open();
    const { code } = await ask();
    expect(bench.chat.shown.join("\n")).not.toContain("always");
    expect(await say("!approvals")).toContain(`- \`${code}\` Release (`);
    const shown = await say(`!approvals ${code.toLowerCase()}`);
    expect(shown).toContain("release");
    expect(shown.match(/always/g)).toHaveLength(1);
    expect(shown).toContain(`\`approve ${code} always\` approves it, and lets exactly the same pass for 1 h without being asked`);
    await say(`approve ${code}`);
    expect(await say(`!approvals ${code}`)).not.toContain("always");
    expect(await say("!approvals ZZZ-999")).toContain("There is no approval ZZZ-999.");
  });

  const two: PolicyRule = { name: "two", when: {}, demands: { quorum: 2 } };
  test.each<[string, Partial<ApprovalAsk>, readonly PolicyRule[], Partial<ApprovalRules>]>([
    ["what cannot be taken back", { class: "critical_red" }, [], {}],
    ["what two must agree to", {}, [two], {}],
    ["a hub where nothing is allowed for good", {}, [], { standingMs: undefined }],
  ])("says nothing of it about %s", async (_what, change, policies, more) => {
    await open(policies, more);
    const { code } = await ask(change);
    const shown = await say(`!approvals ${code}`);
    expect(shown).toContain("Release");
    expect(shown).not.toContain("always");
  });
});

describe("what was allowed for good", () => {
  test("is not asked again, is told to the agent, and stands in the log with who allowed it", async () => {
    await open();
    const { code, id } = await ask();
    expect(await say(`approve ${code} always`)).toContain(`${code} is approved, and exactly this is not asked again until`);
    const again = await ask();
    expect(again).toMatchObject({
      state: "consumed",
      votes: [],
      decisionReason: expect.stringMatching(/^ann allowed exactly this until .* \(/),
    });
    expect(bench.agent.answers.map((answer) => answer.type === "approval" && answer.approved)).toEqual([true, true]);
    const log = await bench.life().journal.store.find("audit");
    expect(log.find(({ what }) => what === "approval.always")).toMatchObject({ subject: id, facts: { by: "per_ann" } });
    expect(log.find(({ what }) => what === "approval.allowed")).toMatchObject({
      subject: again.id,
      facts: { because: again.decisionReason },
    });
  });

  test.each<[string, Partial<ApprovalAsk>]>([
    ["another action", { action: { command: "release", force: true } }],
    ["another environment", { environment: "production" }],
    ["no environment", { environment: undefined }],
    ["an app", { app: "shop" }],
    ["another tool", { tool: "deploy" }],
    ["a higher class", { class: "critical_red" }],
  ])("says nothing of %s", async (_what, change) => {
    await open();
    await allowed();
    expect((await ask(change)).state).toBe("pending");
  });

  test("ends by itself, at its millisecond, also after a restart", async () => {
    await open();
    await allowed();
    const [kept] = await bench.life().journal.store.find("kv", { idPrefix: "standing-approval/" });
    const end = kept?.expiresAt ?? 0;
    await bench.restart();
    await bench.clock.tick(end - bench.clock.now() - 20);
    expect((await ask()).state).toBe("consumed");
    await bench.clock.tick(end - bench.clock.now());
    expect((await ask()).state).toBe("pending");
  });

  test("ends when whoever allowed it may no longer decide", async () => {
    await open();
    await allowed();
    const { journal } = bench.life();
    const ann = await journal.store.get("people", "per_ann");
    if (ann) await journal.commit({ actorId: "t", scope: "hub", writes: [update("people", ann, { roles: ["operator"] })] });
    expect((await ask()).state).toBe("pending");
  });

  test("is listed, and ended by an approver; who may not approve may not end it", async () => {
    await open();
    const code = await allowed();
    expect(await say("!rules")).toMatch(new RegExp(`${code}.*Release.*preview.*ann`));
    expect(await say(`!rules end ${code}`, "olga")).toContain("role approver");
    expect(await say(`!rules end ${code}`, "bob")).toContain(`What ${code} allowed is asked again`);
    expect(await say("!rules")).toContain("Nothing is allowed for good");
    expect((await ask()).state).toBe("pending");
    expect(await say(`!rules end ${code}`)).toContain("no standing approval");
  });
});

describe("never", () => {
  test.each<[string, PolicyRule["demands"], Partial<ApprovalAsk>, string]>([
    ["where two must agree", { quorum: 2 }, {}, "2 people must agree"],
    ["where the code is typed", { stepUp: true }, {}, "typed each time"],
    ["for what cannot be taken back", {}, { class: "critical_red" }, "cannot be taken back"],
  ])("%s: nothing is decided, and the reason is told", async (_what, demands, change, reason) => {
    await open([{ name: "rule", when: {}, demands }]);
    const { code } = await ask(change);
    expect(await say(`approve ${code} always`)).toContain(reason);
    const { store } = bench.life().journal;
    expect((await store.find("approvals", { newestFirst: true }))[0]).toMatchObject({ state: "pending", votes: [] });
  });

  test("where the configuration says so", async () => {
    await open([], { standingMs: undefined });
    const { code } = await ask();
    expect(await say(`approve ${code} always`)).toContain("approvals.always");
  });

  test("by who may not decide", async () => {
    await open();
    const { code } = await ask();
    expect(await say(`approve ${code} always`, "olga")).toContain("role approver");
    expect(await bench.life().journal.store.find("kv", { idPrefix: "standing-approval/" })).toEqual([]);
  });

  test("more than the policy of the moment: a stricter rule asks again", async () => {
    const policies: PolicyRule[] = [];
    await open(policies);
    await allowed();
    policies.push({ name: "freeze", when: {}, demands: { quorum: 2 } });
    expect((await ask()).state).toBe("pending");
    policies[0] = { name: "other", when: {}, demands: { roles: ["admin"] } };
    expect((await ask({ action: { command: "release" } })).state).toBe("pending");
  });
});
