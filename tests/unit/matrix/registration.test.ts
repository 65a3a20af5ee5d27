import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { setRegistration, setVariable } from "../../../conduit/registration.ts";
import { ROOT } from "../../support/repository.ts";

const shipped = readFileSync(join(ROOT, "conduit/conduit.toml"), "utf8");

test("registration opens for a token and closes again, and nothing else of the shipped file changes", () => {
  const open = setRegistration(shipped, "once");
  expect(open).toMatch(/^\[global\]\nallow_registration = true\nregistration_token = "once"$/m);
  expect(open.match(/^allow_registration/gm)).toHaveLength(1);
  const closed = setRegistration(open, undefined);
  expect(closed).toContain("[global]\nallow_registration = false\n");
  expect(closed).not.toContain("registration_token =");
  const rest = (toml: string): string[] => toml.split("\n").filter((line) => !line.startsWith("allow_registration"));
  expect(rest(closed)).toEqual(rest(shipped));
});

test("a file that is no Conduit's is refused", () => expect(() => setRegistration("x = 1", "once")).toThrow(/\[global\]/));

test("a variable is replaced where it stands, and added where it does not", () => {
  expect(setVariable("", "A", "1")).toBe("A=1\n");
  expect(setVariable("A=0\nB=2\n", "A", "1")).toBe("B=2\nA=1\n");
});
