/** How much redaction finds of what nobody registered, and how much it takes for a secret that is none; by kind. */
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../src/redaction/secrets.ts";
import { makeInnocents } from "../support/innocent-corpus.ts";
import { makeNamed, makeSecrets } from "../support/secret-corpus.ts";

const SEEDS = [1, 20261121];

interface Score {
  good: number;
  all: number;
  example: string;
}

/** By kind: how many were good, and one that was not. */
function scoreOf<T extends { readonly kind: string; readonly text: string }>(
  cases: readonly T[],
  isGood: (one: T) => boolean,
): Map<string, Score> {
  const scores = new Map<string, Score>();
  for (const one of cases) {
    const score = scores.get(one.kind) ?? { good: 0, all: 0, example: "" };
    scores.set(one.kind, score);
    score.all += 1;
    if (isGood(one)) score.good += 1;
    else score.example ||= one.text;
  }
  return scores;
}

function print(title: string, scores: ReadonlyMap<string, Score>): number {
  const total = [...scores.values()].reduce((sum, { good, all }) => ({ good: sum.good + good, all: sum.all + all }), { good: 0, all: 0 });
  const share = total.good / total.all;
  const lines = [...scores].map(
    ([kind, { good, all, example }]) => `  ${kind.padEnd(24)} ${good}/${all}${example && `   e.g. ${example.slice(0, 160)}`}`,
  );
  console.log([`${title}: ${(share * 100).toFixed(2)} % of ${total.all}`, ...lines].join("\n"));
  return share;
}

describe.each(SEEDS)("seed %i", (seed) => {
  const redact = createRedactor([]);
  const secrets = [...makeSecrets(seed, 12), ...makeNamed(seed, 48)];
  const innocents = makeInnocents(seed, 48);

  test("the corpus is as large as promised", () => {
    expect(secrets.length).toBeGreaterThanOrEqual(500);
    expect(new Set(secrets.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(40);
    expect(innocents.length).toBeGreaterThanOrEqual(2000);
    for (const { text, value } of secrets) expect(text.split(value)).toHaveLength(2);
  });

  test("of unregistered secrets at least 95 % are masked, and of no kind less than 80 %", () => {
    const scores = scoreOf(secrets, ({ text, value }) => !showsPart(redact(text), value));
    expect(print("unregistered secrets masked", scores)).toBeGreaterThanOrEqual(0.95);
    for (const [kind, { good, all }] of scores) expect(good / all, kind).toBeGreaterThanOrEqual(0.8);
  });

  test("of innocent look-alikes at most 1 % are touched", () => {
    const untouched = print(
      "innocents untouched",
      scoreOf(innocents, ({ text }) => redact(text) === text),
    );
    expect(untouched).toBeGreaterThanOrEqual(0.99);
  });

  test("what is masked stays as it is when it is masked again", () => {
    for (const { text } of secrets) expect(redact(redact(text))).toBe(redact(text));
  });
});

/** A third of the secret in one piece, or its last eight letters, is as good as the whole. */
function showsPart(text: string, value: string): boolean {
  const length = Math.max(8, Math.ceil(value.length / 3));
  if (text.includes(value.slice(-8))) return true;
  for (let at = 0; at + length <= value.length; at += 1) if (text.includes(value.slice(at, at + length))) return true;
  return false;
}
