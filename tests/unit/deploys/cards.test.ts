/** What a deploy's card says and offers, drawn from its record. */
import { describe, expect, test } from "vitest";
import type { DeployFields } from "../../../src/contract/deploys.ts";
import { DEPLOY_STATES } from "../../../src/contract/message.ts";
import { deployCard } from "../../../src/deploys/card.ts";
import { courseOf } from "../../../src/deploys/state.ts";
import { createPaint } from "../../../src/cli/chat/paint.ts";
import { wordsOf } from "../../../src/cards/words.ts";
import { renderCard, renderCardChange } from "../../../src/cli/chat/render-card.ts";

type Drawn = Parameters<typeof deployCard>[1];
const EVERYWHERE = [{ app: "*", environment: "*" }];
const since = { id: "dep_0", deployId: "s9", at: 0 };

function cardOf(fields: Partial<Drawn>) {
  const report = { app: "shop", environment: "production", state: fields.state ?? "live", urls: {} };
  return deployCard("dep_1", { report, state: report.state, times: {}, since, ...fields }, EVERYWHERE);
}

describe("a rollback is offered", () => {
  test.each(DEPLOY_STATES)("of what is live alone: %s", (state) => {
    expect(cardOf({ state }).offers).toEqual(state === "live" ? ["rollback"] : []);
  });
});

describe("a card names", () => {
  test("what came before by its revision, else by what it is about, its maker's id, or its minute alone, and never by the hub's id", () => {
    expect(cardOf({}).notes).toEqual(["Replaces `s9` of 1970-01-01 00:00 UTC."]);
    expect(cardOf({ since: { id: "dep_0", at: 0 } }).notes).toEqual(["Replaces the deploy of 1970-01-01 00:00 UTC."]);
    const revision = { subject: "Two menus" };
    expect(cardOf({ since: { ...since, revision } }).notes).toEqual(["Replaces “Two menus” of 1970-01-01 00:00 UTC."]);
    expect(cardOf({ since: { ...since, revision: { ref: "main" } } }).notes).toEqual(["Replaces main of 1970-01-01 00:00 UTC."]);
  });

  test.each(["failed", "canceled", "deleted"] as const)("nothing that it replaces when it is %s", (state) => {
    expect(cardOf({ state }).notes).toEqual([]);
  });

  test("its own failure as its own", () => {
    expect(cardOf({ since: undefined, recovers: { id: "dep_1", at: 0 } }).notes).toEqual(["It had failed at first, 1970-01-01 00:00 UTC."]);
    expect(cardOf({ since: undefined, recovers: since }).notes).toEqual(["Ends the failure of `s9` of 1970-01-01 00:00 UTC."]);
  });

  test("who carries out what was approved only once somebody has it", () => {
    const wish = { what: "rollback", state: "given", by: "Ann", code: "K7Q-M2X", words: "by Bo" } as const;
    expect(cardOf({ since: undefined, wish }).notes).toEqual(["To roll back it is approved by Bo; nobody has taken it yet."]);
    const taken: DeployFields["wish"] = { ...wish, outcome: "ci.example.internal" };
    expect(cardOf({ since: undefined, wish: taken }).notes).toEqual([
      "To roll back it is approved by Bo; ci.example.internal carries it out.",
    ]);
  });
});

describe("how long it took", () => {
  test.each([
    [{}, undefined],
    [{ live: 5 }, undefined],
    [{ building: 5, live: 5 }, undefined],
    [{ building: 5, live: 400 }, undefined],
    [{ building: 900, live: 5 }, undefined],
    [{ building: 0, live: 500 }, 500],
    [{ queued: 0, building: 60_000, live: 90_000, superseded: 990_000 }, 90_000],
  ])("%j: %s ms", (times, tookMs) => {
    const card = cardOf({ times });
    expect(card.elapsedMs).toBe(tookMs);
    const shown = [wordsOf(card), renderCard(card, { width: 80, paint: createPaint(false), now: 0 }).join("\n")];
    for (const words of shown) expect(words.includes(" after ")).toBe(tookMs !== undefined);
    for (const words of shown) expect(words).not.toContain("after 0 s");
  });
});

test("what is only reported live has no dot of what is live in a terminal", () => {
  const canvas = { width: 80, paint: createPaint(false), now: 0 };
  expect(renderCardChange(cardOf({}), canvas)[0]).toMatch(/^● shop \(production\): live/);
  const check = { state: "silent", url: "https://shop.example.internal", why: "it answers 502" } as const;
  expect(renderCardChange(cardOf({ check }), canvas)[0]).toMatch(/^! shop \(production\): reported live/);
});

test("a course is in the order of time, whatever the states", () => {
  const course = courseOf({ times: { failed: 1, live: 2, building: 0, superseded: 3, rolled_back: 2 } });
  expect(course.map(({ state }) => state)).toEqual(["building", "failed", "live", "rolled_back", "superseded"]);
});
