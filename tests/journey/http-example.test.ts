/** docs/examples/orchestrator.ts where something is wrong: what it says, and whether it stops. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

const PIN = "493817";
let hub: HubProcess;

beforeAll(async () => {
  hub = await createHubProcess({ MOS_HUB_PIN: PIN });
  const file = join(hub.dataDir, "hub.yaml");
  await writeFile(file, "orchestrator: { driver: http, name: mos, alias: Mos }\n");
  await hub.start({ MOS_HUB_CONFIG: file });
});
afterAll(() => hub.end());

function startExample(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(ROOT, "docs/examples/orchestrator.ts")], { env: { ...process.env, ...env } });
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { printed: () => printed, code, end: () => child.kill("SIGKILL") };
}

async function tokenWith(scope: string): Promise<string> {
  const { events } = await hub.cli("token", "create", scope, "--scope", scope);
  return events[0]?.["token"] as string;
}

test("a wrong token stops it with a sentence", async () => {
  const example = startExample({ MOS_HUB_URL: (await hub.address()).url, MOS_HUB_TOKEN: "wrong" });
  expect(await example.code).toBe(1);
  expect(example.printed()).toMatch(/^mos: You are not signed in\. .*send a valid token/);
});

test("so does a token that may not, and a name the hub does not know", async () => {
  const { url } = await hub.address();
  const reader = startExample({ MOS_HUB_URL: url, MOS_HUB_TOKEN: await tokenWith("read") });
  expect(await reader.code).toBe(1);
  expect(reader.printed()).toMatch(/^mos: .*orchestrate/);
  const stranger = startExample({ MOS_HUB_URL: url, MOS_HUB_TOKEN: await tokenWith("orchestrate"), MOS_HUB_NAME: "claw" });
  expect(await stranger.code).toBe(1);
  expect(stranger.printed()).toMatch(/^claw: There is no orchestrator that calls the hub claw\./);
});

test("a hub that is away is asked again, after longer and longer pauses", async () => {
  const example = startExample({ MOS_HUB_URL: "http://127.0.0.1:9", MOS_HUB_TOKEN: "any" });
  try {
    await until("it has asked three times", () => /again in 0\.8 s/.test(example.printed()));
    expect(example.printed()).toMatch(/^mos: The hub at .* does not answer .* Asked again in 0\.2 s\.\nmos: .* in 0\.4 s\./);
  } finally {
    example.end();
  }
});
