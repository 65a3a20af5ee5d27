/** What goes wrong at the start or in use: a clear sentence, the right exit code, no stack trace, and the hub goes on where it can. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

const STACK = /\n\s+at .+:\d+:\d+/;

let dir: string;
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), "mos-hub-bad-"))));
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

async function startWith(yaml: string | undefined, env: Record<string, string> = {}): Promise<Ended> {
  const file = join(dir, "broken.yaml");
  if (yaml !== undefined) await writeFile(file, yaml);
  const config = yaml === undefined ? {} : { MOS_HUB_CONFIG: file };
  const environment = { ...process.env, MOS_HUB_DATA_DIR: join(dir, "data"), MOS_HUB_PORT: "0", ...config, ...env };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, "src/cli/mos-hub.mjs"), "start"], {
      cwd: dir,
      env: environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("close", (code) => resolve({ code, stderr }));
  });
}

describe("the configuration", () => {
  test("malformed YAML names the line", async () => {
    const { code, stderr } = await startWith("orchestrator: { driver: acp\nport: [");
    expect(code).toBe(78);
    expect(stderr).toMatch(/line \d+/);
    expect(stderr).not.toMatch(STACK);
  });

  test("every problem is said at once, with the nearest known key", async () => {
    const { code, stderr } = await startWith("prot: 1\nport: 99999\naccounts: { chat: { kind: zulip } }\n");
    expect(code).toBe(78);
    expect(stderr).toContain("port");
    expect(stderr).toContain("prot");
    expect(stderr).toContain("accounts.chat.kind");
    expect(stderr).not.toMatch(STACK);
  });
});

describe("the machine", () => {
  test("a taken port is named", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const { code, stderr } = await startWith(undefined, { MOS_HUB_PORT: port });
    server.close();
    expect(code).toBe(69);
    expect(stderr).toContain(`Port ${port}`);
    expect(stderr).not.toMatch(STACK);
  });

  test("a database that is none is left as it is", async () => {
    const data = join(dir, "garbage");
    const file = join(data, "hub.db");
    await mkdir(data, { mode: 0o700 });
    await writeFile(file, "this is no database, but somebody's letter".repeat(100));
    const { code, stderr } = await startWith(undefined, { MOS_HUB_DATA_DIR: data });
    expect(code).toBe(74);
    expect(stderr).toContain("cannot be read");
    expect(await readFile(file, "utf8")).toContain("somebody's letter");
  });
});

describe("a running hub", () => {
  let hub: HubProcess;
  beforeAll(async () => {
    hub = await createHubProcess();
    await hub.start();
  });
  afterAll(() => hub.end());

  test("keeps a second one out of its folder", async () => {
    const { code, stderr } = await startWith(undefined, { MOS_HUB_DATA_DIR: hub.dataDir });
    expect(code).toBe(73);
    expect(stderr).toContain("Another hub");
    expect((await hub.cli("chat", "--once", "still here")).code).toBe(0);
  });

  test("refuses a message of 5 MB aloud", async () => {
    const url = JSON.parse(await readFile(join(hub.dataDir, "run.json"), "utf8")) as { url: string; token: string };
    const body = JSON.stringify({ text: "x".repeat(5_000_000), clientId: "11111111-1111-4111-8111-111111111111" });
    const answer = await fetch(`${url.url}/connectors/console/messages`, {
      method: "POST",
      body,
      headers: { authorization: `Bearer ${url.token}`, "content-type": "application/json" },
    });
    expect(answer.status).toBe(403);
    expect(JSON.stringify(await answer.json())).toContain("bytes long");
    expect((await hub.cli("chat", "--once", "still here")).code).toBe(0);
  });

  test("tells nobody anything without its token, nor to another site", async () => {
    const { url, token } = JSON.parse(await readFile(join(hub.dataDir, "run.json"), "utf8")) as { url: string; token: string };
    expect((await fetch(`${url}/v1/approvals`)).status).toBe(401);
    expect((await fetch(`${url}/v1/approvals`, { headers: { authorization: `Bearer ${token}x` } })).status).toBe(401);
    expect(
      (await fetch(`${url}/v1/approvals`, { headers: { authorization: `Bearer ${token}`, origin: "https://evil.example" } })).status,
    ).toBe(403);
    expect((await fetch(`${url}/mcp`, { method: "POST", body: "{}", headers: { authorization: `Bearer ${token}x` } })).status).toBe(401);
  });
});

test("an agent that is not there: the hub runs, says so once, and the message waits", async () => {
  const file = join(dir, "missing-agent.yaml");
  await writeFile(file, 'orchestrator: { driver: acp, command: ["no-such-agent-anywhere"] }\n');
  const hub = await createHubProcess({ MOS_HUB_CONFIG: file });
  try {
    await hub.start();
    const said = await hub.cli("chat", "--once", "hello", "--timeout", "10");
    expect(said.code).toBe(75);
    const notices = said.events
      .map(({ card }) => card as { type?: string; text?: string } | undefined)
      .filter((card) => card?.type === "notice");
    expect(notices.map((card) => card?.text)).toEqual([expect.stringContaining("no-such-agent-anywhere")]);
    expect((await hub.cli("health")).code).toBe(69);
  } finally {
    await hub.end();
  }
});
