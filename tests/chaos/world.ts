/** What outlives the hub: two platforms, the agent's ledger, the data folder and the configuration that names them. */
import { randomBytes } from "node:crypto";
import { openSync, readSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../support/repository.ts";
import { createHookPlatform, type HookPlatform } from "../support/wire/hook/platform.ts";
import { createLinePlatform, type LinePlatform } from "../support/wire/line/platform.ts";
import type { AgentLine } from "./count.ts";

export interface World {
  readonly hook: HookPlatform;
  readonly line: LinePlatform;
  readonly dataDir: string;
  /** For every life of the hub. */
  readonly env: Record<string, string>;
  /** What the agent has written so far. */
  agentLines(): readonly AgentLine[];
  end(): Promise<void>;
}

/** Above what a loaded machine makes a fake wait; a fault is still found within a second. */
const ANSWER_MS = 1000;

export interface WorldOptions {
  /** Name → module of each account. Default: connectors with places to die. */
  readonly kinds?: { readonly hook: string; readonly line: string };
  /** In place of what is configured else. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export async function createWorld({
  kinds = { hook: "tests/chaos/hook.ts", line: "tests/chaos/line.ts" },
  config: other = {},
}: WorldOptions = {}): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), "mos-hub-chaos-"));
  const token = randomBytes(12).toString("hex");
  const hook = await createHookPlatform({ token, patienceMs: 5000 });
  const line = await createLinePlatform({ token, patienceMs: 1000 });
  const ledger = join(dataDir, "agent-ledger.jsonl");
  const file = join(dataDir, "hub.yaml");
  const config = {
    port: 0,
    orchestrator: {
      driver: "acp",
      command: [process.execPath, join(ROOT, "tests/support/agents/ledger.mjs")],
      env: { CHAOS_LEDGER: ledger },
      env_allow: ["CHAOS_POINT", "CHAOS_AT", "CHAOS_HUB_PID"],
    },
    accounts: {
      hook: { kind: join(ROOT, kinds.hook), url: hook.url, answer_ms: ANSWER_MS },
      line: { kind: join(ROOT, kinds.line), port: line.port, answer_ms: ANSWER_MS, heartbeat_ms: 500 },
    },
    operators: [{ name: "Ann", roles: ["operator", "approver"], accounts: { hook: "ann", line: "ann" } }],
    limits: { queue_per_session: 10_000, messages_per_minute: 1_000_000, requests_per_second: 100_000 },
    log: { level: "error" },
    ...other,
  };
  await writeFile(file, JSON.stringify(config));
  await writeFile(ledger, "");
  return {
    hook,
    line,
    dataDir,
    env: { MOS_HUB_CONFIG: file, HOOK_TOKEN: token, LINE_TOKEN: token },
    agentLines: readLines(ledger),
    async end() {
      await hook.close();
      await line.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Whole lines only: the agent may be writing one. */
function readLines(file: string): () => readonly AgentLine[] {
  const lines: AgentLine[] = [];
  const descriptor = openSync(file, "r");
  const buffer = Buffer.alloc(1 << 16);
  let rest = "";
  return () => {
    for (let bytes = readSync(descriptor, buffer); bytes > 0; bytes = readSync(descriptor, buffer)) {
      const whole = (rest + buffer.toString("utf8", 0, bytes)).split("\n");
      rest = whole.pop() ?? "";
      for (const line of whole) lines.push(JSON.parse(line) as AgentLine);
    }
    return lines;
  };
}
