/** One rule for every Idempotency-Key, over the hub's own port: the same again gets the same answer, something else is refused and does nothing. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { type InProcessHub, PIN, startInProcess } from "../support/in-process-hub.ts";

let inside: InProcessHub;
let program: ReturnType<typeof createClient>;
beforeAll(async () => {
  inside = await startInProcess();
  const { token } = await inside.client.tokens.create({ name: "ci", scopes: ["ask", "chat", "deploys", "read"] });
  program = createClient({ where: () => ({ url: inside.url, token }) });
});
afterAll(() => inside.end());

const REUSED = expect.objectContaining({ code: "key_reused", status: 422 }) as Error;
const ASK = { title: "Release", action: { command: ["release"], to: "eu" }, tool: "execute" };

test("the same key and token is one message, however often it is sent", async () => {
  const sent = await Promise.all(Array.from({ length: 5 }, () => program.messages.send({ text: "once" }, "key-1")));
  expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
  expect(new Set(sent.map(({ trace }) => trace)).size).toBe(1);
  expect((await program.messages.send({ text: "once" }, "key-2")).id).not.toBe(sent[0]?.id);
  const another = await inside.client.messages.send({ text: "of another caller" }, "key-1");
  expect(another.id).not.toBe(sent[0]?.id);
});

describe("something else under a used key is refused as it is everywhere", () => {
  test("a message with other words, or to another place", async () => {
    const taken = await program.messages.send({ text: "first" }, "m");
    await expect(program.messages.send({ text: "second" }, "m")).rejects.toThrow(REUSED);
    await expect(program.messages.send({ text: "first", thread: "elsewhere" }, "m")).rejects.toThrow(REUSED);
    expect(await program.messages.send({ text: "first" }, "m")).toEqual(taken);
  });

  test("an approval of another action, with another title, or asked elsewhere", async () => {
    const { code } = await program.approvals.ask(ASK, "a");
    const others = [
      { ...ASK, action: { command: ["other"] } },
      { ...ASK, title: "Another" },
      { ...ASK, thread: "elsewhere" },
    ];
    for (const other of others) await expect(program.approvals.ask(other, "a")).rejects.toThrow(REUSED);
    const reordered = { ...ASK, action: { to: "eu", command: ["release"] } };
    expect((await program.approvals.ask(reordered, "a")).code).toBe(code);
    expect((await program.approvals.list({ state: "pending" })).approvals).toHaveLength(1);
  });

  test("a report of another deploy", async () => {
    const report = { app: "shop", deploy_id: "r1" };
    await program.deploys.report({ ...report, state: "building" }, "d");
    await expect(program.deploys.report({ ...report, state: "live" }, "d")).rejects.toThrow(REUSED);
    expect((await program.deploys.get("r1")).state).toBe("building");
  });
});

test("what a key came to stays its answer: a request that joined another one is not asked anew when that one is decided", async () => {
  const action = { command: ["joined"] };
  const { code } = await program.approvals.ask({ ...ASK, action }, "first");
  expect((await program.approvals.ask({ ...ASK, action, title: "The same again" }, "second")).code).toBe(code);
  await inside.client.approvals.decide(code, { verdict: "deny", pin: PIN });
  expect(await program.approvals.ask({ ...ASK, action, title: "The same again" }, "second")).toMatchObject({ code, state: "denied" });
  expect((await program.approvals.ask({ ...ASK, action }, "third")).code).not.toBe(code);
});

test("what was refused has used up nothing: set right, it is taken under the same key", async () => {
  await expect(program.messages.send({ text: "hello", account: "none" }, "again")).rejects.toMatchObject({ code: "not_found" });
  expect(await program.messages.send({ text: "hello" }, "again")).toMatchObject({ id: expect.stringMatching(/^out_/) as string });
});
