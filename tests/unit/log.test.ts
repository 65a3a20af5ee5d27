import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { HubError } from "../../src/contract/errors.ts";
import { createLog } from "../../src/log.ts";
import type { LogLevel } from "../../src/log-levels.ts";
import { createRedactor } from "../../src/redaction/secrets.ts";

const secret = `s/${randomBytes(12).toString("hex")}"é`;
const redact = createRedactor([
  { name: "SOME_TOKEN", value: secret },
  { name: "PIN", value: "739154" },
]);

function capture(level: LogLevel = "info") {
  const lines: string[] = [];
  const log = createLog({ level, redact, destination: { write: (line) => void lines.push(line) } });
  const last = () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown>;
  return { log, lines, last };
}

class Leaky {
  readonly hidden = "x";
  toJSON(): unknown {
    return { inner: secret };
  }
}

describe("a registered secret never appears", () => {
  const circular: Record<string, unknown> = { secret };
  circular["self"] = circular;
  const failing = new Error(`cannot use ${secret}`, { cause: new HubError("send_failed", { account: "a", reason: secret }) });

  test.each<[string, Record<string, unknown>, string]>([
    ["in the message", {}, `it is ${secret}`],
    ["in a fact", { token: secret }, "x"],
    ["in a nested fact", { a: [{ b: { c: [secret] } }] }, "x"],
    ["in a key", { [secret]: 1 }, "x"],
    ["in an error's message and cause", { error: failing }, "x"],
    ["in an error's fields", { error: Object.assign(new Error("no"), { request: { url: secret } }) }, "x"],
    ["percent-encoded", { url: `https://host.example.internal/?t=${encodeURIComponent(secret)}` }, encodeURIComponent(secret)],
    ["in base64", { header: `Basic ${Buffer.from(`user:${secret}`).toString("base64")}` }, "x"],
    [
      "in a URL, a map, a set and what serialises itself",
      {
        url: new URL(`https://h.example.internal/?t=${encodeURIComponent(secret)}`),
        map: new Map([["k", secret]]),
        set: new Set([secret]),
        leaky: new Leaky(),
      },
      "x",
    ],
    ["in a circular fact", circular, "x"],
    ["as a number", { pin: 739154 }, "pin 739154"],
    ["in bytes", { body: Buffer.from(secret) }, "x"],
  ])("%s", (_, facts, text) => {
    for (const level of ["info", "debug"] as const) {
      const { log, lines, last } = capture(level);
      log.info(facts, text);
      log.child(facts).child({ trace: "trc_1" }).error(facts, text);
      expect(last()).toMatchObject({ level: "error", trace: "trc_1" });
      const written = lines.join("");
      for (const form of [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        Buffer.from(secret).toString("hex"),
        "739154",
      ]) {
        expect(written).not.toContain(form);
      }
      for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });
});

test("a line has its time, level, facts and text, and no process data", () => {
  const { log, last } = capture();
  log.child({ trace: "trc_1" }).warn({ count: 3, big: 7n, none: undefined, when: new Date(0) }, "careful");
  expect(last()).toEqual({
    level: "warn",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    trace: "trc_1",
    count: 3,
    big: "7",
    when: "1970-01-01T00:00:00.000Z",
    msg: "careful",
  });
});

test("stack traces are written at debug only", () => {
  const facts = { error: new TypeError("broken", { cause: new Error("inner") }) };
  const info = capture("info");
  info.log.error(facts, "x");
  expect(info.last()).toMatchObject({ error: { type: "TypeError", message: "broken", cause: { message: "inner" } } });
  expect(info.lines.join("")).not.toContain("log.test.ts");
  const debug = capture("debug");
  debug.log.error(facts, "x");
  expect(debug.lines.join("")).toContain("log.test.ts");
});

test("levels below the chosen one are not written, and silent writes nothing", () => {
  const { log, lines } = capture("warn");
  log.debug({}, "a");
  log.info({}, "b");
  log.warn({}, "c");
  expect(lines).toHaveLength(1);
  const silent = capture("silent");
  silent.log.error({}, "d");
  expect(silent.lines).toHaveLength(0);
});

test("what cannot be read never stops the line", () => {
  const { log, last } = capture();
  const trap = {
    get boom(): string {
      throw new Error("no");
    },
  };
  let deep: unknown = "bottom";
  for (let depth = 0; depth < 1000; depth += 1) deep = { deep };
  log.info({ trap, deep, long: "x".repeat(20_000), call: () => 1, odd: Symbol("s") }, "still here");
  expect(last()).toMatchObject({ trap: "[unreadable]", msg: "still here" });
  expect(JSON.stringify(last()).length).toBeLessThan(12_000);
});

test("the last line before the process ends is on standard error", () => {
  const program = `
    import { createLog } from ${JSON.stringify(new URL("../../src/log.ts", import.meta.url).href)};
    createLog({ level: "info", redact: (text) => text }).info({ n: 1 }, "the end");
    process.exit(3);`;
  let thrown: unknown;
  try {
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { stdio: "pipe" });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ status: 3 });
  expect(String((thrown as { stderr: Buffer }).stderr)).toContain('"msg":"the end"');
});
