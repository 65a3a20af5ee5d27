import { describe, expect, test } from "vitest";
import { sourceFiles } from "../support/repository.ts";
import { parse } from "../support/source.ts";
import { connectorSizes, fileSizes, functionsOf, functionSizes, lineCount, quantile } from "./checks/sizes.ts";

/** Files longer than the limit, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {};

const files = sourceFiles();
const program = files.filter(({ path }) => /^(src|connectors|handlers)\//.test(path));
/** Of the program only: in a test most of a function is the tests it registers. */
const functions = program.map(parse).flatMap(functionsOf);
const lines = (count: number) => "x();\n".repeat(count);

describe("files", () => {
  test("are short enough", () => expect(fileSizes(files, LONG_FILES)).toEqual([]));

  test("refuse one line too many", () => {
    expect(fileSizes([{ path: "src/a.ts", text: lines(400) }], {})).toEqual([]);
    expect(fileSizes([{ path: "src/a.ts", text: lines(401) }], {})).toEqual(["src/a.ts: 401 lines, at most 400"]);
    expect(fileSizes([{ path: "src/a.ts", text: lines(401) }], { "src/a.ts": "for this test" })).toEqual([]);
    expect(fileSizes([{ path: "src/hub.ts", text: lines(151) }], {})).toEqual(["src/hub.ts: 151 lines, at most 150"]);
  });
});

describe("functions", () => {
  const sizes = (text: string) => functionSizes(functionsOf(parse({ path: "src/a.ts", text })));

  test("are short enough and take few parameters", () => expect(functionSizes(functions)).toEqual([]));

  test("refuse one line too many", () => {
    expect(sizes(`function f() {\n${lines(58)}}`)).toEqual([]);
    expect(sizes(`function f() {\n${lines(59)}}`)).toEqual(["src/a.ts:1: f has 61 lines, at most 60"]);
    expect(sizes(`const f = () => {\n${lines(59)}}`)).toEqual(["src/a.ts:1: f has 61 lines, at most 60"]);
    expect(sizes(`class C {\n  f() {\n${lines(59)}}}`)).toEqual(["src/a.ts:2: f has 61 lines, at most 60"]);
  });

  test("count named functions inside for themselves, and callbacks with their caller", () => {
    const inner = (open: string, close: string) => `function f() {\n${lines(40)}${open}\n${lines(40)}${close}\n}`;
    expect(sizes(inner("function g() {", "}"))).toEqual([]);
    expect(sizes(inner("return { g() {", "} };"))).toEqual([]);
    expect(sizes(inner("list.forEach(() => {", "});"))).toEqual(["src/a.ts:1: f has 84 lines, at most 60"]);
  });

  test("refuse a fifth parameter", () => {
    expect(sizes("function f(a, b, c, d) {}")).toEqual([]);
    expect(sizes("const f = (a, b, c, d, e) => {};")).toEqual([expect.stringContaining("f has 5 parameters")]);
  });
});

describe("connectors", () => {
  test("are short enough", () => expect(connectorSizes(program)).toEqual([]));

  test("refuse one line too many, fakes and what is shared apart", () => {
    const parts = ["send.ts", "receive.ts"].map((name) => ({ path: `connectors/one/${name}`, text: lines(700) }));
    expect(connectorSizes([...parts, { path: "connectors/one/fake/server.ts", text: lines(100) }])).toEqual([]);
    expect(connectorSizes([{ path: "connectors/shared/lanes.ts", text: lines(1401) }])).toEqual([]);
    expect(connectorSizes([...parts, { path: "connectors/one/ids.ts", text: lines(1) }])).toEqual([
      "connectors/one: 1401 lines, at most 1400",
    ]);
  });
});

test("the whole stays like the houses we learn from: half of the files under 175 lines, nine in ten under 320", () => {
  const perFile = program.map(({ text }) => lineCount(text));
  const perFunction = functions.map(({ ownLines }) => ownLines);
  console.log(
    `files ${perFile.length}: median ${quantile(perFile, 0.5)} lines, 90 % ${quantile(perFile, 0.9)}, longest ${Math.max(...perFile)} · ` +
      `functions ${perFunction.length}: median ${quantile(perFunction, 0.5)} lines, 90 % ${quantile(perFunction, 0.9)}, longest ${Math.max(...perFunction)}`,
  );
  expect(quantile(perFile, 0.5)).toBeLessThanOrEqual(175);
  expect(quantile(perFile, 0.9)).toBeLessThanOrEqual(320);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 400], 0.9)).toBe(400);
});
