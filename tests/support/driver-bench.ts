/** A driver on a bench: with state in memory, a folder of its own, every event kept, and waiting by condition with a deadline. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Keyv } from "keyv";
import { createBlobs } from "../../src/blobs/blobs.ts";
import { systemClock } from "../../src/clock.ts";
import type { Files } from "../../src/contract/connector.ts";
import type { SessionKey } from "../../src/contract/ids.ts";
import type {
  DriverContext,
  McpAccess,
  OrchestratorDriver,
  OrchestratorEvent,
  SessionEvent,
  Turn,
} from "../../src/contract/orchestrator.ts";
import { createDriver } from "../../src/orchestrators/registry.ts";

export const agentCommand = (name: string): string[] => [process.execPath, fileURLToPath(new URL(`./agents/${name}.mjs`, import.meta.url))];
export const acpAgent = (name: string, more: object = {}, ...args: string[]): object => ({
  driver: "acp",
  command: [...agentCommand(name), ...args],
  ...more,
});

export function key(name: string): SessionKey {
  return `agent:test:chat:${name}`;
}

export interface Bench {
  readonly driver: OrchestratorDriver;
  readonly dir: string;
  readonly state: Keyv;
  readonly events: SessionEvent[];
  readonly logged: string[];
  readonly files: Files;
  open(session: string, agentSessionId?: string, wishes?: Record<string, string>): ReturnType<OrchestratorDriver["open"]>;
  deliver(session: string, text: string, more?: Partial<Turn>): ReturnType<OrchestratorDriver["deliver"]>;
  /** The events of one session, as they came. */
  of(session: string): OrchestratorEvent[];
  text(session: string): string;
  /** Resolves with the first event that fits, also one that came before. */
  until<T extends OrchestratorEvent["type"]>(
    session: string,
    type: T,
    fits?: (event: Extract<OrchestratorEvent, { type: T }>) => boolean,
    withinMs?: number,
  ): Promise<Extract<OrchestratorEvent, { type: T }>>;
  /** Opens, delivers and waits for the end. Returns the text. */
  talk(session: string, text: string): Promise<string>;
}

export interface BenchOptions {
  readonly state?: Keyv;
  readonly dir?: string;
  readonly baseEnv?: Record<string, string | undefined>;
  readonly mcp?: (session: SessionKey) => McpAccess | undefined;
  readonly withheld?: readonly string[];
  readonly fileBytes?: number;
}

export interface Benches {
  make(config: unknown, options?: BenchOptions): Promise<Bench>;
  /** Closes every driver made and removes its folder. */
  clear(): Promise<void>;
}

/** Polls: a condition that concerns another process has no event to wait on. */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  withinMs = 60_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function createBenches(): Benches {
  const made: { driver: OrchestratorDriver; dir: string }[] = [];
  return {
    async make(config, options = {}) {
      const dir = options.dir ?? mkdtempSync(join(tmpdir(), "mos-hub-driver-"));
      const bench = await makeBench(config, dir, options);
      made.push({ driver: bench.driver, dir });
      return bench;
    },
    async clear() {
      for (const { driver, dir } of made.splice(0)) {
        await driver.close();
        rmSync(dir, { recursive: true, force: true });
      }
    },
  };
}

async function makeBench(config: unknown, dir: string, options: BenchOptions): Promise<Bench> {
  const state = options.state ?? new Keyv();
  const events: SessionEvent[] = [];
  const logged: string[] = [];
  const log = (facts: Record<string, unknown>, text: string): void => void logged.push(`${text} ${JSON.stringify(facts)}`);
  const files = createBlobs({ dir: join(dir, "files"), maxBytes: options.fileBytes ?? 1024 * 1024 });
  const context: DriverContext = {
    alias: "Mos",
    state,
    dataDir: dir,
    now: systemClock.now,
    log: { info: log, warn: log, error: log },
    files,
    mcp: options.mcp ?? (() => undefined),
  };
  const baseEnv = options.baseEnv ?? { PATH: process.env["PATH"], HOME: dir, REHEARSAL_PACE_MS: "2" };
  const driver = await createDriver(config, context, { clock: systemClock, baseEnv, withheld: options.withheld });
  driver.onEvent(async (event) => void events.push(event));

  const of = (session: string): OrchestratorEvent[] => events.filter((event) => event.session === key(session)).map(({ event }) => event);
  const text = (session: string): string =>
    of(session)
      .map((event) => (event.type === "text_delta" || event.type === "text" ? event.text : ""))
      .join("");
  let turns = 0;
  const bench: Bench = {
    driver,
    dir,
    state,
    events,
    logged,
    files,
    of,
    text,
    open: (session, agentSessionId, wishes) => driver.open({ session: key(session), agentSessionId, tenantId: "main", wishes }),
    deliver: (session, said, more = {}) =>
      driver.deliver({
        turnId: `turn-${++turns}`,
        session: key(session),
        trace: "trc_test",
        text: said,
        attempt: 1,
        tenantId: "main",
        person: { id: "per_1", name: "Ann", dir: "ann" },
        attachments: [],
        ...more,
      }),
    until: (session, type, fits = () => true, withinMs = undefined) =>
      eventually(
        () =>
          of(session).find(
            (event): event is Extract<OrchestratorEvent, { type: typeof type }> => event.type === type && fits(event as never),
          ),
        `${type} in ${session}; there was ${JSON.stringify(of(session).slice(-5))}`,
        withinMs,
      ),
    async talk(session, said) {
      await bench.open(session);
      const before = text(session).length;
      const turnId = `turn-${turns + 1}`;
      const outcome = await bench.deliver(session, said);
      if (outcome.outcome !== "accepted" && outcome.outcome !== "queued") throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
      await bench.until(session, "turn_end", (event) => event.turnId === turnId);
      return text(session).slice(before);
    },
  };
  return bench;
}
