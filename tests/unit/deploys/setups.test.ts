/** How the steps of set-ups settle, whatever order they arrive in and however often. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AppSetup, type AppSetupState, DOMAIN_STATES, SETUP_STATES } from "../../../src/contract/message.ts";
import { nextSetups, stepsOf } from "../../../src/deploys/setups.ts";

const payments = (state: AppSetupState, more: Partial<AppSetup> = {}): AppSetup => ({ kind: "payments", name: "Baray", state, ...more });

/** What is known after these steps, one report each, and what people were told. */
function settle(steps: readonly AppSetup[]) {
  let setups: readonly AppSetup[] | undefined;
  const told: AppSetup[] = [];
  for (const step of steps) {
    const next = nextSetups(setups, [step]);
    setups = next.setups;
    told.push(...next.told);
  }
  return { setups: setups ?? [], told };
}
const statesOf = (setups: readonly AppSetup[]): AppSetupState[] => setups.map(({ state }) => state);

describe("steps with the moment of each", () => {
  const step = fc.record({
    kind: fc.constantFrom("payments", "login"),
    name: fc.constantFrom("Baray", "KID"),
    state: fc.constantFrom<AppSetupState>(...DOMAIN_STATES, ...SETUP_STATES),
    at: fc.nat(1_000_000),
  });
  const steps = fc.uniqueArray(step, { selector: ({ at }) => at, minLength: 1, maxLength: 12 });
  const byName = (setups: readonly AppSetup[]): AppSetup[] =>
    setups.toSorted((one, other) => `${one.kind} ${one.name}`.localeCompare(`${other.kind} ${other.name}`));

  test("end in the latest, in every order and however often", () => {
    fc.assert(
      fc.property(
        steps.chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray([...given, ...given], { minLength: given.length * 2 }))),
        ([given, arrived]) => {
          const latest = [...Map.groupBy(given, ({ kind, name }) => `${kind} ${name}`).values()].map(
            (all) => all.toSorted((one, other) => other.at - one.at)[0] as AppSetup,
          );
          expect(byName(settle(arrived).setups)).toEqual(byName(latest));
        },
      ),
      { numRuns: 2000, seed: 20_261_121 },
    );
  });

  test("in their order are each told once, however often each is reported", () => {
    fc.assert(
      fc.property(steps, (given) => {
        const inOrder = given.toSorted((one, other) => one.at - other.at);
        expect(settle(inOrder.flatMap((one) => [one, one])).told).toEqual(settle(inOrder).told);
      }),
      { numRuns: 500, seed: 20_261_121 },
    );
  });
});

describe("steps without a moment", () => {
  test.each<[string, AppSetupState[], AppSetupState]>([
    ["as they come", ["started", "credential", "failed", "credential", "done"], "done"],
    ["a beginning that comes late", ["credential", "started"], "credential"],
    ["a failure before what is done", ["started", "done", "failed"], "done"],
    ["a credential that holds no longer", ["done", "credential"], "credential"],
    ["records that were late", ["records", "certificate", "live", "certificate", "records"], "live"],
    ["a conflict that was ended", ["records", "conflict", "records", "certificate"], "certificate"],
  ])("%s", (_what, states, ended) => {
    expect(statesOf(settle(states.map((state) => payments(state))).setups)).toEqual([ended]);
  });
});

test("the same state is told again when what people are to do with it changes, and keeps what is not repeated", () => {
  const [first, other] = ["https://pay.example.internal/1", "https://pay.example.internal/2"];
  const { setups, told } = settle([
    payments("credential", { url: first, detail: "a key" }),
    payments("credential"),
    payments("credential", { detail: "still a key" }),
    payments("credential", { url: other }),
  ]);
  expect(told.map(({ url }) => url)).toEqual([first, other]);
  expect(setups).toEqual([payments("credential", { url: other, detail: "still a key" })]);
});

test("the next state keeps nothing of the one before it", () => {
  expect(settle([payments("credential", { url: "https://pay.example.internal", detail: "a key" }), payments("done")]).setups).toEqual([
    payments("done"),
  ]);
});

test("a domain is a set-up like others; names that keep coming push out the oldest", () => {
  expect(stepsOf({ domain: { name: "a.example.com", state: "records", detail: undefined } })).toEqual([
    { kind: "domain", name: "a.example.com", state: "records" },
  ]);
  const many = settle(Array.from({ length: 30 }, (_, at) => payments("started", { name: `n${at}` }))).setups;
  expect(many.map(({ name }) => name)).toEqual(Array.from({ length: 20 }, (_, at) => `n${at + 10}`));
});

test("what says nothing new changes nothing", () => {
  const known = [payments("credential", { url: "https://pay.example.internal" })];
  expect(nextSetups(known, [payments("credential")])).toEqual({ setups: known, told: [], changed: false });
  expect(nextSetups(undefined, [])).toEqual({ setups: undefined, told: [], changed: false });
});
