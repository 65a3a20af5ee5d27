/** From "may I?" to the deed, over the hub's own port: asked by a program, decided by a person, proved to whoever carries it out, used once. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { verifyGrant } from "../../src/grant.ts";
import { type InProcessHub, PIN, startInProcess } from "../support/in-process-hub.ts";
import { ROOT } from "../support/repository.ts";

const ACTION = { command: ["echo", "deployed"] };
const ISSUER = "mos-hub:local";
let inside: InProcessHub;
let program: ReturnType<typeof createClient>;
beforeAll(async () => {
  inside = await startInProcess("approvals: { execution_window: 1m }\n");
  const { token } = await inside.client.tokens.create({ name: "ci", scopes: ["ask", "consume"] });
  program = createClient({ where: () => ({ url: inside.url, token }) });
});
afterAll(() => inside.end());

async function keys() {
  return (await (await fetch(`${inside.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string; d?: string }[] };
}

async function approved(action: Record<string, unknown> = ACTION): Promise<{ code: string; grant: string }> {
  const { code } = await program.approvals.ask({ title: "Deploy", action, tool: "execute" } as never);
  await inside.client.approvals.decide(code, { verdict: "approve", pin: PIN });
  return { code, ...(await program.approvals.grant(code)) };
}

const refused = (reason: string) =>
  expect.objectContaining({ code: "grant_refused", message: expect.stringContaining(reason) as string }) as Error;

describe("a grant", () => {
  test("is used once, for exactly the action that was approved", async () => {
    const { code, grant } = await approved();
    expect(await verifyGrant(grant, { keys: (await keys()) as never, issuer: ISSUER, action: ACTION })).toMatchObject({ approvers: [{}] });
    await expect(program.approvals.consume(grant, { command: ["echo", "deployed", "twice"] })).rejects.toThrow(refused("another action"));
    expect(await program.approvals.consume(grant, ACTION)).toMatchObject({ approvers: [{ name: expect.any(String) as string }] });
    await expect(program.approvals.consume(grant, ACTION)).rejects.toThrow(refused("used already"));
    await expect(program.approvals.grant(code)).rejects.toThrow(refused("consumed"));
    expect((await inside.client.approvals.get(code)).state).toBe("consumed");
  });

  test("of two uses at the same moment one succeeds", async () => {
    const { grant } = await approved({ command: ["echo", "race"] });
    const uses = await Promise.allSettled(Array.from({ length: 8 }, () => program.approvals.consume(grant, { command: ["echo", "race"] })));
    expect(uses.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("is refused when it is forged, changed, or of another hub", async () => {
    const { grant } = await approved({ command: ["echo", "forged"] });
    const [head = "", body = "", signature = ""] = grant.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
    const other = Buffer.from(JSON.stringify({ ...claims, exp: 9_999_999_999 })).toString("base64url");
    const unsigned = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    for (const forged of [`${head}.${other}.${signature}`, `${unsigned}.${body}.`, "nonsense"])
      await expect(program.approvals.consume(forged, { command: ["echo", "forged"] })).rejects.toThrow(refused("not signed"));
    await expect(verifyGrant(grant, { keys: (await keys()) as never, issuer: "mos-hub:other", action: {} })).rejects.toThrow(
      'unexpected "iss"',
    );
  });

  test("is there only for what was approved, and only for who asked", async () => {
    const { code } = await program.approvals.ask({ title: "Later", action: { command: ["later"] }, tool: "execute" });
    await expect(program.approvals.grant(code)).rejects.toThrow(refused("pending"));
    await inside.client.approvals.decide(code, { verdict: "deny", pin: PIN });
    await expect(program.approvals.grant(code)).rejects.toThrow(refused("denied"));
    const { token } = await inside.client.tokens.create({ name: "reader", scopes: ["read"] });
    const reader = createClient({ where: () => ({ url: inside.url, token }) });
    await expect(reader.approvals.grant(code)).rejects.toThrow(expect.objectContaining({ code: "not_allowed" }) as Error);
    await expect(reader.approvals.ask({ title: "x", action: {} })).rejects.toThrow(
      expect.objectContaining({ code: "not_allowed" }) as Error,
    );
  });
});

describe("asking", () => {
  test("with the same key, or the same action while it is pending, is one request", async () => {
    const ask = { title: "Once", action: { command: ["once"] }, tool: "execute" };
    const codes = [await program.approvals.ask(ask, "k1"), await program.approvals.ask(ask, "k1"), await program.approvals.ask(ask)];
    expect(new Set(codes.map(({ code }) => code)).size).toBe(1);
    await expect(program.approvals.ask({ ...ask, action: { command: ["other"] } }, "k1")).rejects.toMatchObject({
      code: "key_reused",
      status: 422,
    });
  });

  test("shows the card under the program's name, and what nobody has to be asked is approved at once", async () => {
    expect(await program.approvals.ask({ title: "Named", action: { command: ["named"] }, tool: "execute" })).toMatchObject({
      asker: "ci",
      state: "pending",
    });
    const { code, state } = await program.approvals.ask({ title: "Look", action: { path: "a" }, tool: "read" });
    expect(state).toBe("approved");
    const { grant } = await program.approvals.grant(code);
    expect(await program.approvals.consume(grant, { path: "a" })).toMatchObject({ approvers: [] });
  });
});

test("what was approved for good has its grant at once, for the same program and action, until it is ended", async () => {
  const ask = { title: "Nightly", action: { command: ["nightly"] }, tool: "execute" } as never;
  const { code } = await program.approvals.ask(ask);
  await inside.client.approvals.decide(code, { verdict: "approve", always: true, pin: PIN });
  const again = await program.approvals.ask(ask);
  expect(again.state).toBe("approved");
  expect((await program.approvals.grant(again.code)).grant).toMatch(/^ey/);
  const { token } = await inside.client.tokens.create({ name: "another", scopes: ["ask"] });
  const other = createClient({ where: () => ({ url: inside.url, token }) });
  expect((await other.approvals.ask(ask)).state).toBe("pending");
  const changed = { title: "Nightly", action: { command: ["nightly", "--now"] }, tool: "execute" } as never;
  expect((await program.approvals.ask(changed)).state).toBe("pending");

  expect((await inside.client.standing.list()).standing).toMatchObject([{ code, title: "Nightly", asker: "ci" }]);
  await expect(other.standing.end(code)).rejects.toMatchObject({ code: "not_allowed" });
  await inside.client.standing.end(code.toLowerCase());
  await expect(inside.client.standing.end(code)).rejects.toMatchObject({ code: "not_found" });
  expect((await program.approvals.ask(ask)).state).toBe("pending");
});

test("the published keys are public, and the private ones lie sealed in the store", async () => {
  await approved({ command: ["echo", "sealed"] });
  const published = (await keys()).keys;
  expect(published.length).toBeGreaterThan(0);
  expect(published.every((key) => key.d === undefined)).toBe(true);
  const bytes = ["hub.db", "hub.db-wal"].map((name) => readFileSync(join(inside.dataDir, name), "latin1")).join("");
  expect(bytes).toContain("signing-keys");
  expect(bytes).not.toMatch(/\\?"d\\?":\\?"[\w-]{43}/);
});

test("the example executor runs what was approved and refuses a changed argument", async () => {
  const { token } = await inside.client.tokens.create({ name: "runner", scopes: ["consume"] });
  const run = (grant: string, action: unknown) =>
    new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
      const env = { ...process.env, MOS_HUB_URL: inside.url, MOS_HUB_TOKEN: token };
      const file = join(ROOT, "docs/examples/executor.ts");
      const child = execFile(process.execPath, [file], { env }, (_error, stdout, stderr) =>
        resolve({ status: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end(JSON.stringify({ grant, action }));
    });
  const { grant } = await approved();
  const changed = await run(grant, { command: ["echo", "something else"] });
  expect([changed.status, changed.stdout, changed.stderr]).toEqual([77, "", "refused: the grant is about another action\n"]);
  const done = await run(grant, ACTION);
  expect([done.status, done.stdout]).toEqual([0, "deployed\n"]);
  expect(await run(grant, ACTION)).toMatchObject({ status: 77, stdout: "" });
});
