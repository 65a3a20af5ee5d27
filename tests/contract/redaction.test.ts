/** A registered secret through the hub's port: the API, the console's page and log, problem documents; then every byte in its folder. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFile } from "../../src/cli/hub-client.ts";
import { until } from "../support/hub-process.ts";
import { startInProcess, type InProcessHub } from "../support/in-process-hub.ts";
import { ALNUM, createRandom } from "../support/random.ts";

const SECRET = createRandom(11).letters(32, ALNUM);
const MARK = "[redacted:SHOP_API_TOKEN]";
const REFERENCE = "SECRET_REF(SHOP_API_TOKEN)";

let inside: InProcessHub;
let token: string;
const answered: string[] = [];

beforeAll(async () => {
  // Registered because of its name and its look, as whatever an agent could print from the environment.
  inside = await startInProcess("limits: { requests_per_second: 100000 }", { SHOP_API_TOKEN: SECRET });
  ({ token } = runFile.parse(JSON.parse(await readFile(join(inside.dataDir, "run.json"), "utf8"))));
});
afterAll(() => inside.end());

async function call(method: "GET" | "POST", path: string, body?: unknown): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(`${inside.url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  answered.push(text);
  return text;
}

const CONSOLE = "/connectors/console";
let said = 0;
const say = (text: string): Promise<string> =>
  call("POST", `${CONSOLE}/messages`, { text, clientId: `redaction-test-${(said += 1)}-0000` });

/** Every file the hub keeps, as letters. */
function bytesOf(dir: string): string {
  return readdirSync(dir)
    .map((name) => join(dir, name))
    .map((path) => (statSync(path).isDirectory() ? bytesOf(path) : readFileSync(path, "latin1")))
    .join("\n");
}

test("said by programs: messages and deploys", async () => {
  await call("POST", "/v1/messages", { text: `rotate ${SECRET} today` });
  await call("POST", "/v1/deploys", {
    app: "shop",
    state: "failed",
    failure_tail: `boom\nTOKEN=${SECRET}`,
    urls: { logs: `https://example.org/logs?sig=${SECRET}` },
    revision: { sha: "0f9e8d7c6b5a40312233445566778899aabbccdd", subject: SECRET },
  });
  await until("both are in the thread", async () => (await call("GET", `${CONSOLE}/threads/main`)).includes(MARK));
  expect(await call("GET", "/v1/deploys")).toContain("0f9e8d7c6b5a40312233445566778899aabbccdd");
  await call("POST", "/v1/deploys", {
    app: `shop-${SECRET}`,
    environment: `stage-${SECRET}`,
    state: "live",
    domain: { name: `${SECRET}.example.org`, state: "records", records: [`TXT ${SECRET}`] },
    setup: { kind: "payments", name: `Baray ${SECRET}`, state: "failed", detail: SECRET, url: `https://example.org/?k=${SECRET}` },
    revision: { ref: SECRET, author: SECRET },
  });
  await call("GET", "/v1/deploys");
  await call("GET", "/v1/trace/last");
  await call("GET", "/v1/trace/last/replay");
  await call("GET", "/v1/outbox");
  await call("GET", "/metrics");
  await call("GET", "/v1/audit");
  await call("GET", "/v1/health");
});

test("said by a person: the console keeps and shows what the agent sees", async () => {
  await call("POST", `${CONSOLE}/threads`, { title: `about ${SECRET}` });
  await say(`please use ${SECRET}`);
  expect(await call("GET", `${CONSOLE}/threads`)).toContain(`about ${REFERENCE}`);
  await until("the message is there", async () => (await call("GET", `${CONSOLE}/threads/main`)).includes(`please use ${REFERENCE}`));
  await call("POST", `${CONSOLE}/actions`, {
    subject: "approval:none",
    choice: "deny",
    values: { reason: SECRET },
    clientId: "redaction-act-0000",
  });
});

test("asked for what is not there, the hub does not repeat it", async () => {
  for (const path of [`/v1/trace/${SECRET}`, `/v1/approvals/${SECRET}`, `${CONSOLE}/threads/${SECRET}`])
    expect(await call("GET", path)).not.toContain(SECRET);
  await call("POST", "/v1/deploys", { app: "shop", state: SECRET });
  await call("POST", "/v1/messages", { text: "x", account: SECRET });
  await call("POST", "/v1/tokens", { name: `for ${SECRET}`, scopes: [SECRET] });
});

test("nothing of it left the port, and nothing is on the disk", () => {
  expect(answered.filter((text) => text.includes(SECRET))).toEqual([]);
  expect(answered.join()).toContain(MARK);
  expect(bytesOf(inside.dataDir).split(SECRET)).toHaveLength(1);
});
