/** From a deploy that a service reported to the way back that another one carries out: over the started hub, with a real service behind its address. */
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { verifyGrant } from "../../src/grant.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const PIN = "739215";
const SECRET = "what-the-hub-and-its-ci-share";
const SLOWLY = { timeout: 180_000 };

const handedOver = z.object({
  id: z.string(),
  type: z.literal("carry_out"),
  action: z.looseObject({ do: z.string(), app: z.string(), environment: z.string(), deploy_id: z.string() }),
  approval: z.object({ code: z.string(), digest: z.string(), decided_by: z.string() }),
  grant: z.string(),
});
type HandedOver = z.output<typeof handedOver>;

let hub: HubProcess;
let ci: Server;
/** What the service took, after it had looked at the signature. */
const taken: HandedOver[] = [];
const forged: string[] = [];
/** What it answers next; then 202. */
const answers: number[] = [];

beforeAll(async () => {
  ci = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== "POST") return void response.writeHead(405).end();
    const body = Buffer.concat(chunks).toString();
    if (!isSigned(request.headers, body)) forged.push(body);
    const status = answers.shift() ?? 202;
    if (status === 202) taken.push(handedOver.parse(JSON.parse(body)));
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => ci.listen(0, "127.0.0.1", resolve));
  const post = `http://127.0.0.1:${(ci.address() as AddressInfo).port}/hooks/rollback`;
  hub = await createHubProcess({ MOS_HUB_PIN: PIN, CI_ROLLBACK_SECRET: SECRET });
  const file = join(hub.dataDir, "hub.yaml");
  await writeFile(file, JSON.stringify({ deploys: { carriers: [{ app: "shop*", post, secret_env: "CI_ROLLBACK_SECRET" }] } }));
  await hub.start({ MOS_HUB_CONFIG: file });
  await hub.ready();
}, SLOWLY.timeout);
afterAll(async () => {
  await hub?.end();
  ci?.close();
});

/** As the specification of Standard Webhooks says. */
function isSigned(headers: IncomingHttpHeaders, body: string): boolean {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = headers;
  return (
    signature ===
    `v1,${createHmac("sha256", SECRET)
      .update(`${String(id)}.${String(at)}.${body}`)
      .digest("base64")}`
  );
}

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
  answers.push(422);
  await approvedRollback();
  await until("the card says why", async () => (await shown("d2")).includes("answered 422"));
  const code = await approvedRollback();
  await until("it is taken", () => taken.length === 1);
  await until("the card says who has it", async () => (await shown("d2")).includes("carries it out"));
  const [handed] = taken;
  expect(forged).toEqual([]);
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

test("doctor says whether it can be reached, and sets nothing off", SLOWLY, async () => {
  const before = [taken.length, forged.length];
  const { stdout } = await hub.cli("doctor");
  expect(stdout).toMatch(/carrier of shop\* in \*.*can be reached/);
  expect([taken.length, forged.length]).toEqual(before);
});
