import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEPLOY_STATES, type DeployState } from "../../../src/contract/message.ts";
import { deployReport, type DeployReport } from "../../../src/contract/orchestrator.ts";
import { type DeployProgress, isUnfinished, nextDeploy, slotOf } from "../../../src/deploys/state.ts";

const report = (state: DeployState, more: Partial<DeployReport> = {}): DeployReport => deployReport.parse({ app: "shop", state, ...more });

function settle(reports: readonly DeployReport[]): { deploy: DeployProgress; announced: DeployState[] } {
  let deploy: DeployProgress | undefined;
  const announced: DeployState[] = [];
  for (const [at, each] of reports.entries()) {
    const step = nextDeploy(deploy, each, at * 1000);
    deploy = step.fields;
    if (step.announce) announced.push(step.announce);
  }
  if (!deploy) throw new Error("no report");
  return { deploy, announced };
}

test("the ordinary way is announced step by step", () => {
  const { deploy, announced } = settle([
    report("queued"),
    report("building"),
    report("deploying"),
    report("live", { urls: { live: "https://shop.example.internal" } }),
  ]);
  expect(announced).toEqual(["queued", "building", "deploying", "live"]);
  expect(deploy).toMatchObject({
    slot: slotOf("shop", "production"),
    state: "live",
    announced,
    times: { queued: 0, building: 1000, deploying: 2000, live: 3000 },
  });
});

test("a report that says nothing new changes nothing, one that adds a fact does", () => {
  const first = nextDeploy(undefined, report("building"), 0);
  expect(nextDeploy(first.fields, report("building"), 5)).toEqual({ fields: first.fields, announce: undefined, changed: false });
  const second = nextDeploy(first.fields, report("building", { urls: { logs: "https://logs.example.internal" } }), 5);
  expect(second).toMatchObject({
    announce: undefined,
    changed: true,
    fields: { state: "building", report: { urls: { logs: "https://logs.example.internal" } } },
  });
});

test("a late report adds only what was missing", () => {
  const live = settle([report("live", { revision: { sha: "new" }, urls: { live: "https://new.example.internal" } })]).deploy;
  const late = nextDeploy(
    live,
    report("building", {
      revision: { sha: "old", ref: "main" },
      urls: { live: "https://old.example.internal", logs: "https://logs.example.internal" },
    }),
    9,
  );
  expect(late.announce).toBeUndefined();
  expect(late.fields).toMatchObject({ state: "live", announced: ["live"], times: { live: 0 } });
  expect(late.fields.report).toMatchObject({
    state: "live",
    revision: { sha: "new", ref: "main" },
    urls: { live: "https://new.example.internal", logs: "https://logs.example.internal" },
  });
  expect(late.fields.times).not.toHaveProperty("building");
});

test("a failure shows its tail until the deploy recovers; a failure after live is old news", () => {
  const failed = settle([report("building"), report("failed", { failure_tail: "exit 1" })]);
  expect(failed.deploy.report.failure_tail).toBe("exit 1");
  const recovered = nextDeploy(failed.deploy, report("live"), 9);
  expect(recovered).toMatchObject({ announce: "live", fields: { state: "live" } });
  expect(recovered.fields.report).not.toHaveProperty("failure_tail");
  expect(nextDeploy(recovered.fields, report("failed", { failure_tail: "exit 1" }), 10)).toMatchObject({
    announce: undefined,
    changed: false,
  });
});

test("the same in another order of keys is nothing new", () => {
  const first = nextDeploy(undefined, report("live", { revision: { sha: "a", ref: "b" } }), 0);
  expect(nextDeploy(first.fields, report("live", { revision: { ref: "b", sha: "a" } }), 1).changed).toBe(false);
});

describe("whatever the order and however often", () => {
  const states = fc.array(fc.constantFrom(...DEPLOY_STATES), { minLength: 1, maxLength: 12 });

  test("the same reports end in the same state", () => {
    const shuffled = states.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(settle(other.map((state) => report(state))).deploy.state).toBe(settle(one.map((state) => report(state))).deploy.state);
      }),
    );
  });

  test("each state is announced once at most, and the last announced is the one it is in", () => {
    fc.assert(
      fc.property(states, (list) => {
        const { deploy, announced } = settle(list.map((state) => report(state)));
        expect(new Set(announced).size).toBe(announced.length);
        expect(deploy.announced).toEqual(announced);
        expect(announced.at(-1)).toBe(deploy.state);
      }),
    );
  });
});

test("only what is still on its way is unfinished", () => {
  expect(DEPLOY_STATES.filter(isUnfinished)).toEqual(["queued", "building", "deploying"]);
});

test("a slot keeps app and environment apart", () => {
  expect(slotOf("a b", "c")).not.toBe(slotOf("a", "b c"));
});
