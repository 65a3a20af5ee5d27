/** Deploys at the started hub's door: webhooks as services send them, and calls of programs. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config.ts";
import type { Webhook } from "../../src/deploys/webhooks/webhook.ts";
import { type InProcessHub, startInProcess } from "../support/in-process-hub.ts";
import { build, deliver, deploymentStatus, GITHUB, MAPPED, SECRET, type Sent, signed } from "../support/webhook-deliveries.ts";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const YAML = `
deploys:
  webhooks:
    github: { shape: github, secret_env: SITE_WEBHOOK_SECRET }
    ci:
      shape: mapped
      secret_env: SITE_WEBHOOK_SECRET
      delivery_header: X-Delivery
      fields: { app: project.name, environment: target, state: build.status, deploy_id: build.id, live: url, failure_tail: build.log }
      states: { passed: live, broken: failed, started: building }
`;

let hub: InProcessHub;
beforeAll(async () => {
  hub = await startInProcess(YAML, { SITE_WEBHOOK_SECRET: SECRET });
});
afterAll(() => hub.end());

const send = ({ headers, body }: Sent, name: string) =>
  fetch(`${hub.url}/webhooks/${name}`, { method: "POST", headers, body: new Uint8Array(body) });
const post = async (webhook: Webhook, payload: unknown, id: string) => send(deliver(webhook, payload, { id }), webhook.name);
const statesOf = async (app: string, environment = "production") =>
  (await hub.client.deploys.list({ app, environment })).deploys.map(({ state }) => state);

describe("a webhook", () => {
  test("is taken in any order, and what is replayed changes nothing", async () => {
    for (const [state, id] of [
      ["success", "3"],
      ["queued", "1"],
      ["in_progress", "2"],
      ["success", "3"],
      ["success", "4"],
    ] as const)
      expect((await post(GITHUB, deploymentStatus(state), id)).status).toBe(202);
    expect(await statesOf("coffee-shop")).toEqual(["live"]);
  });

  test("forged, unknown, too long or broken off is refused in words, and nothing of it is kept", async () => {
    const before = (await hub.client.deploys.list()).deploys.length;
    const forged = await send(deliver(GITHUB, deploymentStatus("success", { id: 99 }), { secret: "another" }), "github");
    expect([forged.status, await forged.json()]).toMatchObject([401, { code: "webhook_unsigned" }]);
    expect((await post({ ...GITHUB, name: "nobody" }, deploymentStatus("success"), "x")).status).toBe(404);
    expect((await send(signed(MAPPED, Buffer.from(`{"x":"${"y".repeat(300_000)}"}`)), "ci")).status).toBe(413);
    expect((await send(signed(MAPPED, Buffer.from('{"project":{"name":"sh')), "ci")).status).toBe(400);
    expect((await fetch(`${hub.url}/webhooks/github`)).status).toBe(404);
    expect((await hub.client.deploys.list()).deploys.length).toBe(before);
  });

  test("that ends in the middle of its body is not taken", async () => {
    const { headers, body } = deliver(MAPPED, build("passed", { id: 77 }), { id: "half" });
    const { port } = new URL(hub.url);
    await new Promise<void>((resolve) => {
      const sending = request({
        port,
        path: "/webhooks/ci",
        method: "POST",
        headers: { ...Object.fromEntries(headers), "content-length": body.length },
      });
      sending.on("error", () => resolve());
      sending.write(body.subarray(0, 40), () => sending.destroy());
    });
    expect((await post(MAPPED, build("passed", { id: 78 }), "whole")).status).toBe(202);
    expect((await hub.client.deploys.list({ app: "shop", environment: "staging" })).deploys).toHaveLength(1);
  });

  test("about nothing of ours is acknowledged", async () => {
    const answer = await send(deliver(GITHUB, { zen: "Keep it logically awesome." }, { event: "ping" }), "github");
    expect([answer.status, await answer.json()]).toEqual([200, { taken: false, reason: "the event ping" }]);
  });

  test("under an id that came with something else is refused, so that its sender sees it, and is taken under another", async () => {
    expect((await post(MAPPED, build("started", { id: 41 }), "d1")).status).toBe(202);
    const again = await post(MAPPED, build("started", { id: 41 }), "d1");
    expect([again.status, await again.json()]).toMatchObject([202, { taken: true, changed: false }]);
    const reused = await post(MAPPED, build("broken", { id: 41 }), "d1");
    expect([reused.status, await reused.json()]).toMatchObject([422, { code: "key_reused" }]);
    expect((await hub.client.deploys.get("41")).state).toBe("building");
    const broken = await post(MAPPED, build("broken", { id: 41 }), "d2");
    expect([broken.status, await broken.json()]).toMatchObject([202, { taken: true, changed: true }]);
    expect((await hub.client.deploys.get("41")).state).toBe("failed");
  });

  test("of the same secret under two names counts by itself", async () => {
    expect((await post(MAPPED, build("started", { id: 5 }), "same-id")).status).toBe(202);
    expect((await post(GITHUB, deploymentStatus("failure", { id: 6, description: "exit 1" }), "same-id")).status).toBe(202);
    expect((await hub.client.deploys.get("github-6")).state).toBe("failed");
  });
});

describe("a program", () => {
  test("that reports once more with the same key reports once", async () => {
    await hub.client.deploys.report({ app: "keyed", state: "building" }, "key-1");
    await hub.client.deploys.report({ app: "keyed", state: "live" }, "key-2");
    await hub.client.deploys.report({ app: "keyed", state: "building" }, "key-1");
    expect(await statesOf("keyed")).toEqual(["live"]);
  });

  test("that reports something else with the same key is refused, and told what a report came to", async () => {
    const report = { app: "reused", deploy_id: "r1" };
    expect(await hub.client.deploys.report({ ...report, state: "building" }, "key-9")).toMatchObject({ state: "building", changed: true });
    const refused = await hub.client.deploys.report({ ...report, state: "live" }, "key-9").catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "key_reused", status: 422 });
    const live = await hub.client.deploys.report({ ...report, state: "live" }, "key-10");
    const late = await hub.client.deploys.report({ ...report, state: "failed" });
    expect(late).toMatchObject({ deploy_id: "r1", id: live.id, environment: "production", state: "live", changed: false });
  });

  test("reads in the document that a key is taken", async () => {
    const { paths } = (await (await fetch(`${hub.url}/openapi.json`)).json()) as {
      paths: Record<string, { post?: { parameters?: unknown } }>;
    };
    expect(paths["/v1/deploys"]?.post?.parameters).toMatchObject([{ in: "header", name: "Idempotency-Key" }]);
  });

  test("finds a deploy by either id, with its course; by a doubtful one it is told which there are", async () => {
    await hub.client.deploys.report({ app: "one", deploy_id: "release-1", state: "building" });
    await hub.client.deploys.report({ app: "one", deploy_id: "release-1", state: "live" });
    const found = await hub.client.deploys.get("release-1");
    expect(found.course.map(({ state }) => state)).toEqual(["building", "live"]);
    expect(await hub.client.deploys.get(found.id)).toEqual(found);
    await hub.client.deploys.report({ app: "two", deploy_id: "release-1", state: "live" });
    const doubtful = await hub.client.deploys.get("release-1").catch((refused: unknown) => refused);
    expect(doubtful).toMatchObject({ code: "ambiguous_id", status: 409 });
    expect(`${doubtful}`).toContain("(two production)");
    await expect(hub.client.deploys.get("none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a report", () => {
  test("is refused by name for what it misspells, at every depth, and for an address that is none", async () => {
    const refusal = (report: object) => hub.client.deploys.report(report as never).catch((refused: unknown) => `${refused}`);
    const live = { app: "odd", state: "live" };
    expect(await refusal({ ...live, url: "https://odd.example.internal" })).toContain("url is not a known field");
    expect(await refusal({ ...live, urls: { prod: "https://odd.example.internal" } })).toContain("urls.prod is not a known field");
    expect(await refusal({ ...live, revision: { hash: "abc" } })).toContain("revision.hash is not a known field");
    expect(await refusal({ ...live, urls: { live: "notaurl" } })).toContain(
      "urls.live must be an address that begins with https:// or http://",
    );
    const setup = { kind: "payments", name: "Baray", state: "credential", url: "http://pay.example.internal" };
    expect(await refusal({ app: "odd", setup })).toContain("setup.url must be an address that begins with https://");
    expect(await statesOf("odd")).toEqual([]);
  });
});

test("a webhook without its secret or its map is a problem of the configuration", async () => {
  const dir = await mkdtemp(join(tmpdir(), "mos-hub-config-"));
  const file = join(dir, "hub.yaml");
  await writeFile(
    file,
    "deploys:\n  webhooks:\n    ci: { shape: mapped, secret_env: NOT_SET }\n    bad: { shape: github, secret_env: MOS_HUB_PIN }\n",
  );
  const failed = loadConfig({ env: { HOME: dir }, cwd: dir, file, connectors: [] });
  await expect(failed).rejects.toThrow(/deploys\.webhooks\.ci\.secret_env \(line 3\) names a variable that is not set/);
  await expect(failed).rejects.toThrow(/deploys\.webhooks\.ci\.fields .*must say where app and state stand/);
  await expect(failed).rejects.toThrow(/deploys\.webhooks\.bad\.secret_env \(line 4\) must be the name of a variable/);
});
