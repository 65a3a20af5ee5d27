import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choosePolicy, type Gated } from "../../../src/approvals/policies.ts";
import { rule, type Ruled } from "../../../src/approvals/ruling.ts";
import { FALLBACK_AFTER_MS, scheduleOf } from "../../../src/approvals/schedule.ts";
import { tally, whyNoVote, withVote } from "../../../src/approvals/votes.ts";
import { ACTION_CLASSES } from "../../../src/contract/message.ts";
import type { ApprovalRules, PolicyRule } from "../../../src/contract/policy.ts";
import type { Role, Vote } from "../../../src/contract/tables.ts";

const BASE = { expiryMs: 86_400_000, executionWindowMs: 600_000 };
const ACTION: Gated = { class: "red", tool: "deploy_app", app: "shop", environment: "production", orchestrator: "mos", tenant: "acme" };
const demand = (name: string, demands: PolicyRule["demands"], when: PolicyRule["when"] = {}): PolicyRule => ({ name, when, demands });
const policyOf = (gated: Partial<Gated>, ...rules: PolicyRule[]) => choosePolicy({ ...ACTION, ...gated }, rules, BASE).policy;

describe("which rules hold", () => {
  const PRODUCTION = demand("production", { quorum: 2 }, { class: ["red", "critical_red"], app: "shop*", environment: "production" });

  test.each([
    [{}, 2, "all of it fits"],
    [{ app: "shopfront" }, 2, "a glob fits"],
    [{ app: "blog" }, 1, "another app"],
    [{ environment: "preview" }, 1, "another environment"],
    [{ class: "yellow" }, 1, "another class"],
    [{ environment: undefined }, 2, "the environment was not said, and might be production"],
    [{ environment: undefined, app: "blog" }, 1, "what was said does not fit"],
    [{ environment: "pr\u043Eduction" }, 2, "a Cyrillic letter that looks like another"],
    [{ environment: "production\u200B" }, 2, "a letter nobody sees"],
    [{ environment: " Production " }, 2, "the same, spaced out and in capitals"],
    [{ environment: "pr\u043Eduction", app: "blog" }, 1, "another app, whatever the environment"],
  ] as const)("%j needs %i: %s", (gated, quorum, _because) => {
    expect(policyOf(gated, PRODUCTION).quorum).toBe(quorum);
  });

  test("each is told with its reason", () => {
    expect(choosePolicy({ ...ACTION, environment: undefined }, [PRODUCTION], BASE).considered).toEqual([
      { rule: "critical-is-typed", holds: false, because: "the class is red" },
      { rule: "production", holds: true, because: "the environment was not said, and might be" },
    ]);
    expect(choosePolicy({ ...ACTION, app: "blog" }, [PRODUCTION], BASE).considered[1]).toEqual({
      rule: "production",
      holds: false,
      because: "the app is blog, not shop*",
    });
    expect(choosePolicy({ ...ACTION, environment: "pr\u043Eduction" }, [PRODUCTION], BASE).considered[1]).toEqual({
      rule: "production",
      holds: true,
      because: "the environment has letters that may look like others, and might be it",
    });
  });
});

describe("what they demand together", () => {
  test("without rules: one approver, not typed, until the base's times", () => {
    expect(policyOf({})).toEqual({
      rules: [],
      roles: [["approver"]],
      quorum: 1,
      denyQuorum: 1,
      excludesRequester: false,
      stepUp: false,
      chats: [],
      isFallback: false,
      escalation: [],
      ...BASE,
    });
    expect(policyOf({ class: "critical_red" })).toMatchObject({ rules: ["critical-is-typed"], stepUp: true });
  });

  test("the stricter where two differ", () => {
    const one = demand("one", { roles: ["approver"], quorum: 3, denyQuorum: 2, expiryMs: 1000, excludesRequester: true });
    const other = demand("other", { roles: ["admin", "viewer"], quorum: 2, denyQuorum: 1, expiryMs: 2000, executionWindowMs: 5 });
    const together = {
      roles: [["approver"], ["admin", "viewer"]],
      quorum: 3,
      denyQuorum: 1,
      expiryMs: 1000,
      executionWindowMs: 5,
      excludesRequester: true,
    };
    expect(policyOf({}, one, other)).toMatchObject(together);
    expect(policyOf({}, other, one)).toMatchObject({ ...together, roles: together.roles.toReversed() });
  });

  test("one more rule never makes it easier to approve", () => {
    const roles = fc.array(fc.constantFrom<Role>("viewer", "operator", "approver", "admin"), { maxLength: 3 });
    const demands = fc.record(
      { quorum: fc.integer({ min: 1, max: 5 }), roles, expiryMs: fc.nat(), excludesRequester: fc.boolean(), stepUp: fc.boolean() },
      { requiredKeys: [] },
    );
    const rules = fc.array(
      demands.map((one) => demand("r", { roles: ["approver"], ...one })),
      { minLength: 1, maxLength: 4 },
    );
    const voters = fc.array(fc.record({ personId: fc.constantFrom("a", "b", "c", "d", "e"), roles }), { maxLength: 5 });
    fc.assert(
      fc.property(rules, demands, voters, (some, more, people) => {
        const [before, after] = [policyOf({}, ...some), policyOf({}, ...some, demand("more", more))];
        const votes = people.map(({ personId }) => vote(personId));
        const outcome = (policy: typeof before) =>
          tally(votes, { policy, requesterId: "a", personOf: (id) => people.find((one) => one.personId === id) }).outcome;
        if (outcome(after) === "approved") expect(outcome(before)).toBe("approved");
        expect(after.expiryMs).toBeLessThanOrEqual(before.expiryMs);
        expect(after.stepUp || !before.stepUp).toBe(true);
      }),
    );
  });
});

function vote(personId: string, verdict: Vote["verdict"] = "approve"): Vote {
  return { personId, name: personId, verdict, reason: null, via: "chat", at: 0 };
}

describe("counting", () => {
  const policy = policyOf({}, demand("two", { quorum: 2, denyQuorum: 2, excludesRequester: true }));
  const roles = new Map<string, Role[]>([
    ["ann", ["approver"]],
    ["bob", ["approver"]],
    ["cid", ["approver", "operator"]],
    ["eve", ["operator"]],
  ]);
  const personOf = (id: string) => (roles.has(id) ? { roles: roles.get(id) ?? [] } : undefined);
  const count = (...votes: Vote[]) => tally(votes, { policy, requesterId: "ann", personOf });

  test.each([
    ["nobody", [], "pending"],
    ["one of two", [vote("bob")], "pending"],
    ["two of two", [vote("bob"), vote("cid")], "approved"],
    ["the requester and another", [vote("ann"), vote("bob")], "pending"],
    ["somebody without the role and another", [vote("eve"), vote("bob")], "pending"],
    ["somebody who is gone and another", [vote("zoe"), vote("bob")], "pending"],
    ["one against it", [vote("bob", "deny")], "pending"],
    ["two against it", [vote("bob", "deny"), vote("cid", "deny")], "denied"],
  ] as const)("%s: %j is %s", (_, votes, outcome) => expect(count(...votes).outcome).toBe(outcome));

  test("a person's later vote takes the place of the earlier", () => {
    expect(withVote([vote("bob"), vote("cid")], vote("bob", "deny"))).toEqual([vote("cid"), vote("bob", "deny")]);
  });

  test("says why somebody may not vote", () => {
    const why = (id: string, own = policy) => whyNoVote(id, { policy: own, requesterId: "ann", personOf });
    expect(why("bob")).toBeUndefined();
    expect(why("eve")).toBe("deciding this needs the role approver");
    expect(why("ann")).toBe("somebody else than who asked for it decides this");
    expect(why("cid", policyOf({}, demand("none", { roles: [] })))).toBe("nobody may decide this");
  });
});

describe("who hears of it when", () => {
  const at = (chat: string) => ({ account: "discord", chat });
  const origin = at("thread");
  const plan = (demands: PolicyRule["demands"]) => scheduleOf(policyOf({}, demand("r", demands)), { origin, now: 1000, homes: [] });

  test("where it was asked, and at once in all chats", () => {
    expect(plan({ chats: [at("a"), origin, at("b"), at("a")] })).toEqual({ first: [origin, at("a"), at("b")], later: [] });
  });

  test("a chat that a policy names without the workspace it was asked in is that chat", () => {
    const asked = { ...at("a"), workspace: "w1" };
    const policy = policyOf({}, demand("r", { chats: [at("a"), at("b")] }));
    expect(scheduleOf(policy, { origin: asked, now: 1000, homes: [] }).first).toEqual([asked, at("b")]);
  });

  test("in a fallback order one after the other", () => {
    expect(plan({ chats: [at("a"), at("b"), at("c")], isFallback: true })).toEqual({
      first: [origin, at("a")],
      later: [
        { at: 1000 + FALLBACK_AFTER_MS, chats: [at("b")], unless: "shown" },
        { at: 1000 + 2 * FALLBACK_AFTER_MS, chats: [at("c")], unless: "shown" },
      ],
    });
  });

  test("in the chats of the escalation when nobody has decided", () => {
    expect(plan({ escalation: { afterMs: 30, chats: [at("boss")] } }).later).toEqual([
      { at: 1030, chats: [at("boss")], unless: "decided" },
    ]);
  });
});

describe("whether anybody is asked", () => {
  const RULES: ApprovalRules = { autonomyTier: 2, base: BASE, policies: [], classes: [], unlocked: [], trusted: [] };
  const ask = (ruled: Partial<Ruled>, rules: Partial<ApprovalRules> = {}) =>
    rule({ action: {}, orchestrator: "mos", tenant: "acme", ...ruled }, { ...RULES, ...rules });

  test("every class at every tier, from an asker that is believed", () => {
    for (const tier of [1, 2, 3] as const)
      for (const one of ACTION_CLASSES) {
        const { allowedBy } = ask({ class: one }, { autonomyTier: tier, trusted: ["mos"] });
        const asked = one === "yellow_external" || one === "critical_red" || (one === "red" && tier < 3) || (one === "yellow" && tier < 2);
        expect(allowedBy === undefined, `${one} at ${tier}`).toBe(asked);
      }
  });

  test("what leaves for the outside world is asked about also where a higher class is not", () => {
    const classes = [{ tool: "execute", touching: ["*curl*"], class: "yellow_external" }] as const;
    const at = (command: string) => ask({ tool: "execute", action: { command } }, { autonomyTier: 3, classes });
    expect(at("curl x")).toMatchObject({ class: "red", allowedBy: undefined });
    expect(at("ls").allowedBy).toBe("red is allowed at autonomy tier 3");
  });

  test("an unlocked tool is not, for that orchestrator alone", () => {
    const unlocked = [{ orchestrator: "mos", tool: "fetch" }];
    expect(ask({ tool: "fetch" }, { unlocked }).allowedBy).toBe("yellow_external is allowed at autonomy tier 2");
    expect(ask({ tool: "fetch", orchestrator: "other" }, { unlocked }).allowedBy).toBeUndefined();
    expect(ask({ tool: "fetch2" }, { unlocked }).allowedBy).toBeUndefined();
  });
});
