/** Registered secrets: each of a large corpus, in every encoding and however it arrives, is gone. */
import { describe, expect, test } from "vitest";
import { createGrowingText, createRedactor, createSecretReplacer } from "../../src/redaction/secrets.ts";
import { createRandom } from "../support/random.ts";
import { makeSecrets } from "../support/secret-corpus.ts";
import { chunksOf, ENCODINGS } from "../support/secret-encodings.ts";

const SEED = 20261121;
const random = createRandom(SEED);
const ODD = [
  'pä/ß+ "Wört"\\é~!=&<>',
  "correct horse battery staple 9",
  "%41%42 looks encoded &amp; is not",
  "a\\nb\\tc\\u0041 is meant as it stands",
  "日本語のとても長いパスワード🔑です",
  "line one of it\nline two of it\nline three of it",
];
const corpus = [...makeSecrets(SEED, 8), ...ODD.map((value) => ({ kind: "odd", value }))];
const registered = corpus.map(({ value }, at) => ({ name: `SECRET_${at}`, value }));

/** A quarter of the secret that still stands in the text, in one piece. */
function leftOf(masked: string, encoded: string): string | undefined {
  const length = Math.max(8, Math.floor(encoded.length / 4));
  for (let at = 0; at + length <= encoded.length; at += 1) {
    const piece = encoded.slice(at, at + length);
    if (masked.includes(piece)) return piece;
  }
  return undefined;
}

describe("all registered at once", () => {
  const redact = createRedactor(registered);
  const hide = createSecretReplacer(registered, (name) => `SECRET_REF(${name})`);

  test("there are more than 500, of more than 40 kinds", () => {
    expect(registered.length).toBeGreaterThanOrEqual(500);
    expect(new Set(corpus.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(40);
  });

  test.each(ENCODINGS)("$name", ({ encode, within = (encoded) => encoded }) => {
    let tried = 0;
    for (const [at, { value }] of registered.entries()) {
      const encoded = encode(value, random);
      if (encoded === undefined) continue;
      tried += 1;
      const text = `before ${within(encoded)} after`;
      const [masked, hidden] = [redact(text), hide(text)];
      expect(masked.startsWith("before ") && masked.endsWith(" after"), `${corpus[at]?.kind}: ${masked}`).toBe(true);
      expect(hidden, corpus[at]?.kind).toMatch(/SECRET_REF\(SECRET_\d+\)/);
      expect(leftOf(masked, encoded), `${value}\n${masked}`).toBeUndefined();
      expect(redact(masked)).toBe(masked);
    }
    expect(tried).toBeGreaterThan(0);
  });
});

describe("a growing text", () => {
  const growing = createGrowingText(registered);
  const redact = createRedactor(registered);
  const shapes = ENCODINGS.filter(({ name }) => !name.startsWith("json in json"));

  test("never shows the beginning of a secret, never less than before, and in the end all but the last word", () => {
    for (const { value, name } of registered.filter((_, at) => at % 4 === 0 || at >= registered.length - ODD.length)) {
      const encoded = random.pick(shapes).encode(value, random) ?? value;
      const text = `Here it comes: ${encoded} and that was all of it. `;
      let soFar = "";
      let before = "";
      for (const chunk of chunksOf(text, random)) {
        soFar += chunk;
        const shown = growing.shown(soFar);
        expect(shown.startsWith(before), `${name}: "${before}" then "${shown}"`).toBe(true);
        before = shown;
      }
      expect(before).toBe(redact(text));
      expect(leftOf(before, encoded)).toBeUndefined();
    }
  });

  test("flows on: words appear as soon as they are complete, and other scripts at once", () => {
    const plain = createGrowingText([{ name: "S", value: "zebra-crossing-42" }]);
    expect(plain.shown("I am wri")).toBe("I am ");
    expect(plain.shown("I am writing ")).toBe("I am writing ");
    expect(plain.shown("こんにちは、世")).toBe("こんにちは、世");
    expect(plain.shown("see zebra-cross")).toBe("see ");
    expect(plain.heldFrom("see zebra-cross")).toBe(4);
    expect(plain.heldFrom("see zebras")).toBe(10);
    // Three letters that any word may end with wait for nothing.
    expect(plain.heldFrom("see zeb")).toBe(7);
  });
});
