/** A question is never the way of a secret into a chat. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { secretAskedFor } from "../../../src/approvals/secret-questions.ts";
import type { FormField } from "../../../src/contract/message.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

const field = (label: string, more: Partial<FormField> = {}): FormField => ({
  name: "answer",
  label,
  kind: "text",
  required: true,
  ...more,
});

describe("what asks for a secret", () => {
  test.each([
    "Password",
    "passphrase",
    "API key",
    "Your bot token",
    "PIN",
    "Private key (PEM)",
    "One-time code",
    "AWS secret",
    "Card number",
    "api_key",
  ])("a field %j", (label) => expect(secretAskedFor({ text: "Please fill in", fields: [field(label)] })).toBe(label));
  test.each(["dbPassword", "api_key", "accessToken"])("a field named %j, whatever its label", (name) =>
    expect(secretAskedFor({ text: "Please", fields: [field("Value", { name })] })).toBe("Value"),
  );
  test.each(["What is your password?", "Please paste the API key here.", "Enter the recovery code for the account"])("a text %j", (text) =>
    expect(secretAskedFor({ text, fields: [field("Answer")] })).toBeDefined(),
  );
  test.each([
    ["Which name should the shop have?", field("Name")],
    ["I found a password in the repository. What should I call the ticket?", field("Title")],
    ["Rotate the API key now?", field("Rotate the API key", { kind: "boolean" })],
    ["Which token ring?", field("Ring")],
    ["Your secret is about to expire. Remove it?", field("Remove the secret", { kind: "choice", options: [{ value: "y", label: "Yes" }] })],
    ["How many pins does the board have? We are spinning.", field("Pins", { kind: "number" })],
  ] as const)("not %j", (text, one) => expect(secretAskedFor({ text, fields: [one] })).toBeUndefined());
});

describe("a question that does", () => {
  let bench: HubBench;
  beforeEach(async () => {
    bench = await createHubBench({ can: { edit: true, ask: true } });
    await bench.say("work");
    const ask = { text: "To go on I need it.", fields: [field("Your database password")] };
    await bench.agent.report("work", { type: "question", ask, handle: { requestId: "q1", epoch: "1" } });
    await bench.clock.tick(1000);
  });
  afterEach(() => bench.file.dispose());

  test("is not shown: the agent is told no, and people are told why", async () => {
    expect(bench.agent.answers).toMatchObject([{ type: "question", values: undefined }]);
    expect(bench.chat.calls.some(({ card }) => card?.type === "question")).toBe(false);
    expect(bench.chat.shown.join("\n")).toMatch(/asked for something that looks like a secret \("Your database password"\)/);
  });

  test("is in the record and the log, and takes no answer", async () => {
    const { store } = bench.life().journal;
    const [row] = await store.find("approvals", { where: { kind: "question" } });
    expect(row).toMatchObject({ state: "cancelled", values: null, decisionReason: expect.stringContaining("secret") });
    expect((await store.find("audit", { where: { what: "question.refused" } })).map(({ subject }) => subject)).toEqual([row?.id]);
    await bench.say(`answer ${row?.code} correct-horse`);
    expect((await store.find("approvals", { where: { kind: "question" } }))[0]?.values).toBeNull();
  });
});
