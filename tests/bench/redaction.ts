/**
 * `node tests/bench/redaction.ts`: how redaction grows with its text, on texts made to be slow. Ten times the text may take about ten times
 * as long, whatever it holds; exits 1 where it takes far more, or where a megabyte of prose takes too long.
 */
import { createGrowingText, createLogRedactor, createRedactor } from "../../src/redaction/secrets.ts";
import { makeInnocents } from "../support/innocent-corpus.ts";
import { makeSecrets } from "../support/secret-corpus.ts";

const SMALL_CHARS = 100_000;
const TIMES = 10;
/** Between linear (10) and quadratic (100), with room for a busy machine. */
const MOST_RATIO = 30;
const MOST_PROSE_MS = 1500;
const RUNS = 3;

const secrets = makeSecrets(1, 1).map(({ value }, at) => ({ name: `S${at}`, value }));
const begun = secrets.map(({ value }) => value.slice(0, -1));
/** Beginnings of tokens, of what stands before one, of escapes, and of registered secrets: each again and again. */
const WORDS =
  "eyJ a. xoxb- sk- ghp_ glpat-a SG. pat 123456: MNO a A0/ %41 \\u0041 \\ & &amp; &#x http://a: http://a:b key: token= key- ?sig=";
const PHRASES = [
  "-----BEGIN PRIVATE KEY-----",
  "-----BEGIN ",
  "PuTTY-User-Key-File-2 ",
  "Bearer ",
  "basic ",
  "curl -u ",
  "secret is ",
  "\u200b",
];
const QUOTED = [
  'password "',
  '{"name":"token","value":"',
  "secret\n> ",
  "\n",
  " ",
  "aaaaaaaaaaaaaaaaaaaaaaaa ",
  begun.join(" ").slice(0, 4000),
];
const PARTS = [...WORDS.split(" "), ...PHRASES, ...QUOTED, ...begun.slice(0, 12)];
const redact = createRedactor(secrets);
const log = createLogRedactor(secrets);
const { shown } = createGrowingText(secrets);
const WAYS: readonly (readonly [string, (text: string) => string])[] = [
  ["redact", redact],
  ["log", log],
  ["shown", shown],
];

function fastest(work: () => void): number {
  return Math.min(
    ...Array.from({ length: RUNS }, () => {
      const begin = performance.now();
      work();
      return performance.now() - begin;
    }),
  );
}

const fill = (part: string, chars: number): string => part.repeat(Math.ceil(chars / part.length)).slice(0, chars);
let worst = { ratio: 0, text: "" };
let slowest = { ms: 0, text: "" };
for (const [way, run] of WAYS) {
  for (const part of PARTS) {
    const [small, large] = [SMALL_CHARS, SMALL_CHARS * TIMES].map((chars) => fill(part, chars));
    const [before, after] = [fastest(() => void run(small ?? "")), fastest(() => void run(large ?? ""))];
    const text = `${way} of ${JSON.stringify(part.slice(0, 40))}`;
    if (after / before > worst.ratio) worst = { ratio: after / before, text };
    if (after > slowest.ms) slowest = { ms: after, text };
  }
}
const prose = fill(
  makeInnocents(1, 20)
    .map(({ text }) => text)
    .join("\n"),
  SMALL_CHARS * TIMES,
);
const proseMs = fastest(() => void redact(prose));
console.log(
  `redaction  ${PARTS.length * WAYS.length} hostile texts: ${TIMES} times the text takes at most ${worst.ratio.toFixed(1)} times as long (${worst.text}; limit ${MOST_RATIO})`,
);
console.log(
  `           slowest megabyte ${Math.round(slowest.ms)} ms (${slowest.text}); a megabyte of prose, code and ids ${Math.round(proseMs)} ms (limit ${MOST_PROSE_MS} ms)`,
);
if (worst.ratio > MOST_RATIO || proseMs > MOST_PROSE_MS) process.exitCode = 1;
