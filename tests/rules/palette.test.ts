import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PALETTE } from "../../src/contract/palette.ts";
import { ROOT } from "../support/repository.ts";

const SHEETS = globSync(["src/**/*.css", "connectors/**/*.css"], { cwd: ROOT }).toSorted();
const definedIn = (css: string): string[] => [...new Set([...css.matchAll(/(?<=[{;\s])(--[\w-]+)\s*:/g)].map(([, name = ""]) => name))];
const usedIn = (css: string): string[] => [...new Set([...css.matchAll(/var\((--[\w-]+)/g)].map(([, name = ""]) => name))];
const sheet = (path: string): string => readFileSync(join(ROOT, path), "utf8");

test("colours have one place: no style sheet names one again, and each names only those there are", () => {
  expect(SHEETS.length).toBeGreaterThanOrEqual(8);
  const palette = definedIn(PALETTE);
  const own = SHEETS.flatMap((path) => definedIn(sheet(path)));
  expect(own.filter((name) => palette.includes(name))).toEqual([]);
  for (const path of SHEETS) {
    const unknown = usedIn(sheet(path)).filter((name) => !palette.includes(name) && !own.includes(name));
    expect(unknown, path).toEqual([]);
  }
});

test("a colour of the light palette has its dark one", () => {
  const [light = "", dark = ""] = PALETTE.split("@media");
  const colours = definedIn(light).filter((name) => name !== "--mono");
  expect(definedIn(dark)).toEqual(colours);
});
