import fc from "fast-check";
import { expect, test } from "vitest";
import { messagesIn } from "../../../src/orchestrators/acp/stdout-filter.ts";

async function filter(chunks: Iterable<Uint8Array>, maxLineBytes?: number) {
  async function* printed() {
    yield* chunks;
  }
  const rubbish: string[] = [];
  const messages: unknown[] = [];
  const options = { onRubbish: (line: string) => void rubbish.push(line), ...(maxLineBytes === undefined ? {} : { maxLineBytes }) };
  for await (const message of messagesIn(printed(), options)) messages.push(message);
  return { messages, rubbish };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const message = { jsonrpc: "2.0", id: 1, result: { text: "grüß dich 👋" } };

test.each([
  "DEBUG start",
  '{"level":30,"msg":"log"}',
  "[1]",
  "42",
  '"text"',
  "null",
  '{"jsonrpc":"2.0"}',
  '{"jsonrpc":"2.0","id":3}',
  '{"jsonrpc":"1.0","id":3,"result":1}',
  '{"jsonrpc":"2.0","method":7}',
  "{",
])("%s is rubbish", async (line) => {
  const found = await filter([bytes(`${line}\n${JSON.stringify(message)}\n`)]);
  expect(found).toEqual({ messages: [message], rubbish: [line] });
});

test("empty lines are nothing, and a last line needs no end", async () => {
  expect(await filter([bytes(`\n \r\n${JSON.stringify(message)}`)])).toEqual({ messages: [message], rubbish: [] });
});

test("lines are the same however they are cut into chunks", async () => {
  const all = Buffer.from(`noise\n${JSON.stringify(message)}\r\n${JSON.stringify(message)}\n`);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(all.length), { maxLength: 20 }), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), all.length];
      const chunks = edges.slice(1).map((edge, at) => all.subarray(edges[at], edge));
      expect(await filter(chunks)).toEqual({ messages: [message, message], rubbish: ["noise"] });
    }),
  );
});

test("a line without end is dropped once and costs no memory", async () => {
  const piece = bytes("x".repeat(64 * 1024));
  function* endless() {
    for (let at = 0; at < 2000; at += 1) yield piece;
    yield bytes(`\n${JSON.stringify(message)}\n`);
  }
  const before = process.memoryUsage().arrayBuffers;
  const found = await filter(endless(), 1024 * 1024);
  expect(found.messages).toEqual([message]);
  expect(found.rubbish).toHaveLength(1);
  expect(found.rubbish[0]?.length).toBeLessThanOrEqual(200);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
});
