/** From a deploy that a service reported to the way back that another one carries out: over the started hub, with a real service behind its address. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyGrant } from "../../src/grant.ts";
import { type Carrier, createCarrier } from "../support/carrier.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const PIN = "739215";
const SLOWLY = { timeout: 180_000 };

let hub: HubProcess;
let ci: Carrier;

beforeAll(async () => {
  ci = await createCarrier();
  hub = await createHubProcess({ MOS_HUB_PIN: PIN, CI_ROLLBACK_SECRET: ci.secret });
  const file = join(hub.dataDir, "hub.yaml");
  const carriers = [{ app: "shop*", post: ci.url, secret_env: "CI_ROLLBACK_SECRET" }];
  await writeFile(file, JSON.stringify({ deploys: { carriers } }));
  await hub.start({ MOS_HUB_CONFIG: file });
  await hub.ready();
}, SLOWLY.timeout);
afterAll(async () => {
  await hub?.end();
  ci?.close();
});

const shown = async (id: string) => JSON.stringify((await hub.cli("deploy", "show", id)).events);
const report = (...words: string[]) => hub.cli("deploy", "announce", "--app", "shop", ...words);

async function approvedRollback(): Promise<string> {
  await hub.cli("chat", "--once", "!rollback shop");
  const { stdout } = await hub.cli("approvals", "list");
  const [code = ""] = /[A-Z0-9]{3}-[A-Z0-9]{3}/.exec(stdout) ?? [];
  expect((await hub.cli("approvals", "approve", code, "--pin", PIN)).code).toBe(0);
  return code;
}

test("a refusal returns to the card; asked again, it is handed over signed, carried out, and reported", SLOWLY, async () => {
  for (const id of ["d1", "d2"]) await report("--state", "live", "--id", id, "--sha", id.repeat(20));
  ci.answer(422);
  await approvedRollback();
  await until("the card says why", async () => (await shown("d2")).includes("answered 422"));
  const code = await approvedRollback();
  await until("it is taken", () => ci.taken.length === 1);
  await until("the card says who has it", async () => (await shown("d2")).includes("carries it out"));
  const [handed] = ci.taken;
  expect(ci.forged).toEqual([]);
  expect(handed).toMatchObject({ action: { do: "deploy.rollback", app: "shop", deploy_id: "d2" }, approval: { code } });
  const keys = (await (await fetch(`${(await hub.address()).url}/.well-known/jwks.json`)).json()) as never;
  const granted = await verifyGrant(handed?.grant ?? "", { keys, issuer: "mos-hub:local", action: handed?.action });
  expect(granted.approvalId).toBe(handed?.id);

  const { url, token } = await hub.address();
  const done = {
    app: handed?.action.app,
    environment: handed?.action.environment,
    deploy_id: handed?.action.deploy_id,
    state: "rolled_back",
  };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  expect((await fetch(`${url}/v1/deploys`, { method: "POST", headers, body: JSON.stringify(done) })).status).toBe(202);
  await until("it is rolled back", async () => (await shown("d2")).includes("rolled_back"));
  expect(await shown("d2")).not.toContain("carries it out");
});

test("a service that is busy takes it later, also from another life of the hub; until then the card says why", SLOWLY, async () => {
  await report("--state", "live", "--id", "d3", "--sha", "3".repeat(40));
  const before = ci.taken.length;
  ci.isBusy = true;
  await approvedRollback();
  await until("the card says so", async () => (await shown("d3")).includes("could not be handed over yet: 127.0.0.1"));
  expect(await shown("d3")).toMatch(/answered 503\. It is tried again, at growing intervals, until \d{4}-/);
  await hub.kill();
  await hub.start();
  await hub.ready();
  expect(await shown("d3")).toContain("could not be handed over yet");
  ci.isBusy = false;
  await until("it is taken", () => ci.taken.length === before + 1, 90_000);
  expect(ci.taken.at(-1)?.action).toMatchObject({ do: "deploy.rollback", deploy_id: "d3", to: { deploy_id: "d1" } });
  await until("the card says who has it", async () => (await shown("d3")).includes("carries it out"));
  await report("--state", "rolled_back", "--id", "d3");
  expect(await shown("d1")).toContain("Live again, in place of");
});

test("doctor says whether it can be reached, and sets nothing off", SLOWLY, async () => {
  const before = [ci.taken.length, ci.forged.length];
  const { stdout } = await hub.cli("doctor");
  expect(stdout).toMatch(/carrier of shop\* in \*.*can be reached/);
  expect([ci.taken.length, ci.forged.length]).toEqual(before);
});
