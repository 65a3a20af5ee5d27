/** A client that a stranger's generator makes from the published document: it compiles strictly and works against the hub. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { generateApi } from "swagger-typescript-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createConsoleCalls } from "../../src/cli/chat/console-calls.ts";
import { runFile } from "../../src/cli/hub-client.ts";
import { type InProcessHub, startInProcess } from "../support/in-process-hub.ts";
import { ROOT } from "../support/repository.ts";

const run = promisify(execFile);

const PROGRAM = `
import { Api } from "./client.js";
const [url, token] = process.argv.slice(2);
const api = new Api({ baseUrl: url!, baseApiParams: { headers: { authorization: "Bearer " + token } } });
const { data: inbox } = await api.v1.postOrchestratorsByNameInbox("mos", { life: "one", wait_ms: 20000, limit: 5 });
const told = inbox.deliveries[0]!;
if (told.type !== "turn") throw new Error("a turn was expected");
await api.v1.postOrchestratorsByNameInbox("mos", { life: "one", ack: [told.id], limit: 0 });
const { session } = told;
const { data: said } = await api.v1.postOrchestratorsByNameEvents("mos", { session, events: [{ type: "text", text: told.text }, { type: "turn_end" }] });
const { data: health } = await api.v1.getHealth();
const { data: sent } = await api.v1.postMessages({ text: "from a generated client" });
const { data: taken } = await api.v1.postDeploys({ app: "shop", environment: "production", state: "live", urls: { live: "https://shop.example.internal" } });
const { data: list } = await api.v1.getDeploys();
const { data: conversations } = await api.v1.getSessions({ limit: 1 });
const { data: conversation } = await api.v1.getSessionsByName(conversations.sessions[0]!.name);
const state: "live" | string = list.deploys[0]!.state;
const failed = await api.v1.getTraceById("nothing-like-it").catch((answer: { status: number; error: { code: string } }) => answer.status);
console.log(JSON.stringify({ heard: told.text, asks: said.asks, ready: health.ready, title: conversation.title, trace: sent.trace, deploy: taken.deploy_id, state, failed }));
`;

let inside: InProcessHub;
let folder: string;
beforeAll(async () => {
  inside = await startInProcess("orchestrator: { driver: http, name: mos }\ndeploys: { check_urls: false }");
  folder = await mkdtemp(join(tmpdir(), "mos-hub-client-"));
});
afterAll(async () => {
  await inside.end();
  await rm(folder, { recursive: true, force: true });
});

test("compiles and works", async () => {
  const document = (await (await fetch(`${inside.url}/openapi.json`)).json()) as never;
  const { files } = await generateApi({ spec: document, output: false, generateUnionEnums: true, fileName: "client.ts", silent: true });
  await writeFile(join(folder, "client.ts"), (files[0]?.fileContent ?? "").replace(`// @ts-${"nocheck"}`, ""));
  await writeFile(join(folder, "program.ts"), PROGRAM);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const options = [
    "--strict",
    "--target",
    "es2024",
    "--module",
    "nodenext",
    "--lib",
    "es2024,dom,dom.iterable",
    "--types",
    "node",
    "--outDir",
    "out",
  ];
  await run(join(ROOT, "node_modules/.bin/tsc"), ["program.ts", ...options], { cwd: folder }).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
  const { token } = runFile.parse(JSON.parse(await readFile(join(inside.dataDir, "run.json"), "utf8")));
  await createConsoleCalls(inside.client, "/connectors/console").post({ text: "hello", clientId: "1" });
  const { stdout } = await run(process.execPath, [join(folder, "out/program.js"), inside.url, token]);
  expect(JSON.parse(stdout)).toMatchObject({
    heard: "hello",
    asks: [],
    ready: true,
    title: "hello",
    state: "live",
    failed: 404,
    trace: expect.stringMatching(/^trc_/),
  });
});
