/** What the API and its client say of messages that have not left. What becomes of the rows themselves is tested where they are delivered. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { type InProcessHub, startInProcess } from "../support/in-process-hub.ts";

let inside: InProcessHub;
beforeAll(async () => void (inside = await startInProcess()));
afterAll(() => inside.end());

test("what has left is listed only when it is asked for, and cannot be sent again or given up", async () => {
  const { outbox, messages } = inside.client;
  const { id } = await messages.send({ text: "hello" });
  await expect.poll(async () => (await outbox.list({ state: "sent" })).outbox.map((row) => row.id)).toContain(id);
  expect((await outbox.list()).outbox).toEqual([]);
  const [row] = (await outbox.list({ state: "sent", limit: 1 })).outbox;
  expect(row).toMatchObject({ id, text: "hello", state: "sent" });
  await expect(outbox.resend(id)).rejects.toMatchObject({ code: "bad_request" });
  await expect(outbox.drop(id.slice(0, 12))).rejects.toMatchObject({ code: "bad_request" });
  await expect(outbox.drop("out_of_nowhere")).rejects.toMatchObject({ code: "not_found" });
});

test("what was never in doubt is not among what was", async () => {
  const { outbox } = inside.client;
  expect((await outbox.list({ wasUnknown: "true" })).outbox).toEqual([]);
  expect((await outbox.list({ wasUnknown: "false", state: "sent" })).outbox.length).toBeGreaterThan(0);
});

test("only an admin may look", async () => {
  const { token } = await inside.client.tokens.create({ name: "reader", scopes: ["read"] });
  const reader = createClient({ where: async () => ({ url: inside.url, token }) });
  await expect(reader.outbox.list()).rejects.toMatchObject({ code: "not_allowed" });
});
