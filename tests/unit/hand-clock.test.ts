/** What the clock moved by hand calls a rest: that nothing can go on without time. */
import { scrypt, type webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createHandClock } from "../support/hand-clock.ts";

test.each([
  ["promises", async () => undefined],
  ["signatures", () => sign()],
  ["a slow hash", () => promisify(scrypt)("a", "b", 32)],
  ["files", () => readFile(import.meta.filename)],
])("what waits for %s, again and again, has come to its end", async (_what, work: () => Promise<unknown>) => {
  let isOver = false;
  void (async () => {
    for (let times = 0; times < 5; times += 1) await work();
    isOver = true;
  })();
  await createHandClock().settled();
  expect(isOver).toBe(true);
});

test("so has what a timer began", async () => {
  const clock = createHandClock();
  const signed: number[] = [];
  for (const ms of [10, 20]) clock.setTimer(ms, () => void sign().then(() => signed.push(clock.now())));
  await clock.tick(15);
  expect(signed).toEqual([1_000_010]);
  await clock.tick(15);
  expect(signed).toEqual([1_000_010, 1_000_020]);
});

async function sign(): Promise<ArrayBuffer> {
  const { privateKey } = (await crypto.subtle.generateKey("Ed25519", false, ["sign"])) as webcrypto.CryptoKeyPair;
  return crypto.subtle.sign("Ed25519", privateKey, new Uint8Array(32));
}
