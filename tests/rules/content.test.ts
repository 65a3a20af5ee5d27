import { describe, expect, test } from "vitest";
import { sourceFiles } from "../support/repository.ts";
import { parse } from "../support/source.ts";
import { anyTypes, environmentReads, type Exceptions, leftovers, LOOK, networkCalls, platformNames, timeReads } from "./checks/content.ts";

const EXCEPTIONS: Readonly<Record<"environment" | "time" | "platforms" | "network", Exceptions>> = {
  environment: { "src/orchestrators/rehearsal/agent/settings.ts": "the rehearsal agent is a program of its own, started as any agent is" },
  time: {
    "src/api/mcp-bridge.mjs": "a program of its own that depends on nothing but Node",
    "src/orchestrators/rehearsal/agent/hub-tools.ts": "the same program: the deadline of a request over a real connection",
  },
  network: {
    "src/client.ts": "asks the hub's own API, at the address its caller has the token of",
    "src/api/mcp-bridge.mjs": "carries an agent's calls to the hub's own MCP server",
    "src/orchestrators/rehearsal/agent/hub-tools.ts": "the same program, which asks the hub's MCP server",
  },
  platforms: {
    "src/redaction/patterns.ts": "well-known tokens are named after who issues them; redaction must know them whatever is connected",
  },
};

/** These files write out what they forbid. */
const ABOUT_THE_RULES = /^tests\/rules\//;

const files = sourceFiles();
const sources = files.map(parse);
const sample = (text: string, path = "src/steps/route.ts") => [parse({ path, text })];

test("exceptions: five at most, and none for a file that is gone", () => {
  const excepted = [...new Set(Object.values(EXCEPTIONS).flatMap((list) => Object.keys(list)))];
  expect(excepted.length).toBeLessThanOrEqual(5);
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(excepted));
});

describe("any", () => {
  test("is not used", () => expect(anyTypes(sources)).toEqual([]));

  test.each(["let x: any;", "const x = y as any;", "type X = Record<string, any>;", "function f(...x: any[]) {}"])("refuses %s", (text) => {
    expect(anyTypes(sample(text))).toHaveLength(1);
  });

  test("the word is free elsewhere", () => expect(anyTypes(sample('const any = "any"; // any'))).toEqual([]));
});

describe("the environment", () => {
  test("is read in one place", () => expect(environmentReads(sources, EXCEPTIONS.environment)).toEqual([]));

  test.each(["process.env.HOME", 'process["env"]', "const { env } = process", 'import { env } from "node:process"', "f(process?.env)"])(
    "refuses %s",
    (text) => {
      expect(environmentReads(sample(text), {})).toHaveLength(1);
    },
  );

  test("may be read by the configuration, plain modules and tests", () => {
    const paths = ["src/config.ts", "src/cli/mos-hub.mjs", "tests/unit/x.test.ts"];
    expect(paths.flatMap((path) => environmentReads(sample("process.env.HOME", path), {}))).toEqual([]);
    expect(environmentReads(sample("process.env.HOME"), { "src/steps/route.ts": "for this test" })).toEqual([]);
  });
});

describe("time", () => {
  test("is read in one place", () => expect(timeReads(sources, EXCEPTIONS.time)).toEqual([]));

  test.each([
    "Date.now()",
    "const now = Date.now;",
    "new Date()",
    "Date()",
    "performance.now()",
    "setTimeout(f, 1)",
    "globalThis.setTimeout(f, 1)",
    "setInterval(f, 1)",
    "AbortSignal.timeout(1)",
    'import { setTimeout as wait } from "node:timers/promises";',
  ])("refuses %s", (text) => {
    expect(timeReads(sample(text), {})).toHaveLength(1);
  });

  test("is the browser's own in its scripts", () => {
    expect(timeReads(sample("setTimeout(f, 1)", "connectors/console/page/live.js"), {})).toEqual([]);
    expect(timeReads(sample("setTimeout(f, 1)", "connectors/console/page/live.ts"), {})).toHaveLength(1);
  });

  test("a given time may be written out", () =>
    expect(timeReads(sample("new Date(ms).toISOString(); clock.now(); clearTimeout(t)"), {})).toEqual([]));
});

describe("platforms", () => {
  test("are not named in the hub", () => expect(platformNames(files, EXCEPTIONS.platforms)).toEqual([]));

  test.each(['const kind = "discord";', "/** As on Slack. */", "const MATRIX_TOKEN = 1;", "tmux_send()"])("refuses %s", (text) => {
    expect(platformNames(sample(text), {})).toHaveLength(1);
  });

  test("other words and other folders are free", () => {
    expect(platformNames(sample("const slackness = matrices;"), {})).toEqual([]);
    const elsewhere = ["src/main.ts", "src/cli/init.ts", "src/orchestrators/tmux/driver.ts", "connectors/index.ts"];
    expect(elsewhere.flatMap((path) => platformNames(sample('const kind = "tmux";', path), {}))).toEqual([]);
  });
});

describe("the network", () => {
  test("is reached by connectors only, so that no address somebody gave is requested", () =>
    expect(networkCalls(sources, EXCEPTIONS.network)).toEqual([]));

  test.each([
    "fetch(url)",
    "globalThis.fetch(url)",
    'import { request } from "node:https"',
    'import("node:net")',
    'import dns from "dns/promises"',
    "new WebSocket(url)",
  ])("refuses %s", (text) => {
    expect(networkCalls(sample(text), {})).toHaveLength(1);
  });

  test("an address somebody gave is asked in one place, which there is", () => {
    expect(files.map(({ path }) => path)).toContain(LOOK);
    const asks = sample('import { request } from "node:https"', LOOK);
    expect(networkCalls(asks, {})).toEqual([]);
    expect(networkCalls(sample('import { request } from "node:https"', "src/web/other.ts"), {})).toHaveLength(1);
    expect(networkCalls(sample('import { connect, isIP } from "node:net"'), {})).toHaveLength(1);
    expect(networkCalls(sample('import { BlockList, isIP } from "node:net"'), {})).toEqual([]);
  });

  test("types of it and a connector's own platform are free", () => {
    expect(networkCalls(sample('import type { Server } from "node:http"'), {})).toEqual([]);
    expect(networkCalls(sample("fetch(url)", "connectors/x/send.ts"), {})).toEqual([]);
    expect(networkCalls(sample("fetch(url)", "src/orchestrators/http/driver.ts"), {})).toHaveLength(1);
    expect(networkCalls(sample("fetch(url)", "src/orchestrators/acp/driver.ts"), {})).toHaveLength(1);
  });
});

describe("leftovers", () => {
  test("there are none", () => expect(leftovers(files.filter(({ path }) => !ABOUT_THE_RULES.test(path)))).toEqual([]));

  test.each(["// TODO later", "test.only()", 'vi.mock("x")', "// @ts-ignore"])("refuses %s", (text) => {
    expect(leftovers(sample(text))).toHaveLength(1);
  });
});
