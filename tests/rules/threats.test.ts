/** docs/threats.md: every threat names the test that tries it, and that test is there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, repositoryFiles } from "../support/repository.ts";

const PAGE = "docs/threats.md";
const NAMED = /`(tests\/[\w./-]+\.test\.ts)` "([^"]+)"/g;

interface Named {
  readonly file: string;
  readonly name: string;
}

const page = readFileSync(join(ROOT, PAGE), "utf8");
const namedIn = (text: string): Named[] => [...text.matchAll(NAMED)].map(([, file = "", name = ""]) => ({ file, name }));
const readText = (file: string): string => (repositoryFiles().includes(file) ? readFileSync(join(ROOT, file), "utf8") : "");

/** Those that are not there. */
function missing(named: readonly Named[], textOf: (file: string) => string): Named[] {
  return named.filter(({ file, name }) => !textOf(file).split(`"${name}"`).slice(0, -1).some(beginsTest));
}

/** `test(`, or the second call of `test.each(…)(` and its like. */
function beginsTest(before: string): boolean {
  return /(?:\b(?:test|it)|\))\(\s*$/.test(before);
}

test("every test it names exists", () => {
  const named = namedIn(page);
  expect(named.length).toBeGreaterThan(40);
  expect(missing(named, readText)).toEqual([]);
});

test("every threat names one", () => {
  const threats = page.split("\n").filter((line) => line.startsWith("- "));
  expect(threats.filter((line) => namedIn(line).length === 0)).toEqual([]);
  const sections = page.split(/^## /m).slice(1);
  expect(sections.filter((section) => namedIn(section).length === 0)).toEqual([]);
});

test("a test that is gone, renamed or only mentioned is found out", () => {
  const text = 'test("kept", () => {}); const words = "mentioned";';
  const named = ["kept", "gone", "mentioned"].map((name) => ({ file: "a.test.ts", name }));
  expect(missing(named, () => text).map(({ name }) => name)).toEqual(["gone", "mentioned"]);
});
