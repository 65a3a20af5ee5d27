/** The looks of `doctor` that connectors share. */
import { expect, test } from "vitest";
import { z } from "zod";
import { eachPlace, inOrder } from "../../../connectors/shared/checks.ts";

const fine = async () => ({ name: "token", ok: true, detail: "signed in" });
const remedyOf = (look: string): string => `Check the ${look}.`;

test("the first look that fails is the last, with its own remedy", async () => {
  const broken = () => Promise.reject(new Error("nobody answers"));
  const scopes = { name: "scopes", ok: false, detail: "nobody answers", remedy: "Check the scopes." };
  expect(await inOrder({ token: fine, scopes: broken, home: fine }, remedyOf)).toEqual([await fine(), scopes]);
});

test("an answer in no shape we know is said in words, not as what the parser found", async () => {
  const parsed = async () => z.object({ user: z.string() }).parse({}) as never;
  const detail = "what it answers has no shape we know";
  expect(await inOrder({ token: parsed }, remedyOf)).toEqual([{ name: "token", ok: false, detail, remedy: "Check the token." }]);
  expect(await eachPlace([{ chatId: "C1" }], parsed, "Let it in.")).toEqual([{ name: "chat C1", ok: false, detail, remedy: "Let it in." }]);
});
