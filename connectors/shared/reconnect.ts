/**
 * One connection kept up for as long as an account lives: made anew when it is lost or silent, more and more rarely while that fails, and stopped
 * for good where no waiting mends. Knows nothing of what is said over it. Invariant: at most one is being opened, and none after the end.
 */
import type { ConnectorContext, ConnectorHealth } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";

export interface Trouble {
  /** For a person. */
  readonly reason: string;
  /** What to do, where no waiting mends it: the account is stopped. */
  readonly remedy?: string | undefined;
  readonly waitMs?: number | undefined;
}

export interface ConnectionParts {
  readonly context: Pick<ConnectorContext, "account" | "now" | "setTimer" | "log">;
  readonly platform: string;
  /** Resolves when the connection stands. */
  readonly open: () => Promise<void>;
  /** Ends what was opened, however far it came. Never rejects. */
  readonly end: () => Promise<void>;
  /** Why `open` failed. */
  readonly troubleOf: (thrown: unknown) => Trouble;
  /** The last sign of life on it, epoch ms. */
  readonly heardAt: () => number;
  /** No sign of life for so long means that it is dead. */
  readonly overdueMs: number;
  /** It stands: what was said before is not delivered by it. */
  readonly onReady: () => void;
}

export interface Connection {
  /** Resolves when it stands, or after nine seconds; rejects with HubError `account_stopped`. */
  start(): Promise<void>;
  isUp(): boolean;
  /** It broke. */
  lost(reason: string): void;
  stop(trouble: Required<Pick<Trouble, "reason" | "remedy">>): void;
  health(): Omit<ConnectorHealth, "lastSeen">;
  close(): Promise<void>;
}

const START_MS = 9000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;
/** One that held for so long was a good one. */
const HELD_MS = 10_000;

export function createConnection(parts: ConnectionParts): Connection {
  const { context, platform, open, end, troubleOf, heardAt, overdueMs, onReady } = parts;
  const { account, now, setTimer, log } = context;
  const settled = Promise.withResolvers<void>();
  let isUp = false;
  let upAt = 0;
  let isClosed = false;
  let retryMs = FIRST_RETRY_MS;
  let stopped: { readonly reason: string; readonly remedy: string } | undefined;

  const isOver = (): boolean => isClosed || stopped !== undefined;
  const ageMs = (): number => now() - Math.max(upAt, heardAt());

  async function connect(): Promise<void> {
    if (isOver()) return;
    try {
      await open();
      if (isOver()) return void (await end());
      [isUp, upAt] = [true, now()];
      onReady();
      settled.resolve();
    } catch (thrown) {
      const { reason, remedy, waitMs } = troubleOf(thrown);
      if (remedy === undefined) anew(reason, waitMs);
      else stop({ reason, remedy });
    }
  }

  function anew(reason: string, waitMs = 0): void {
    if (isOver()) return;
    const hasHeld = isUp && now() - upAt > HELD_MS;
    if (hasHeld) retryMs = FIRST_RETRY_MS;
    else log.warn({ reason, retryMs }, `${platform} is not connected; trying again`);
    isUp = false;
    void end();
    setTimer(hasHeld ? 0 : Math.max(retryMs, waitMs), () => void connect());
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }

  function stop(trouble: { readonly reason: string; readonly remedy: string }): void {
    if (isOver()) return;
    stopped = trouble;
    isUp = false;
    log.error(trouble, "the account is stopped");
    void end();
    settled.resolve();
  }

  function watch(): void {
    setTimer(overdueMs / 4, () => {
      if (isOver()) return;
      if (isUp && ageMs() > overdueMs) anew(`${platform} is silent`);
      watch();
    });
  }

  return {
    stop,
    isUp: () => isUp,
    lost: (reason) => void (isUp && anew(reason)),
    async start() {
      void connect();
      watch();
      setTimer(START_MS, settled.resolve);
      await settled.promise;
      if (stopped) throw new HubError("account_stopped", { account, ...stopped });
    },
    health() {
      const reachable = isUp && ageMs() <= overdueMs;
      const transport = isOver() ? "stopped" : reachable ? "connected" : "connecting";
      const trouble = stopped ? `${stopped.reason}. ${stopped.remedy}` : isUp ? `${platform} is silent` : transport;
      const facts = { transport, heartbeatAgeMs: isUp ? ageMs() : undefined } as const;
      return { reachable, authenticated: stopped === undefined, detail: reachable ? undefined : trouble, facts };
    },
    async close() {
      isClosed = true;
      isUp = false;
      settled.resolve();
      await end();
    },
  };
}
