/** What a connector is handed when no hub runs it: real time, a silent log, one secret, state the caller keeps over a restart. */
import type { Keyv } from "keyv";
import { systemClock } from "../../../src/clock.ts";
import type { ConnectorContext } from "../../../src/contract/connector.ts";

export function wireContext(account: string, state: Keyv, secret: string): ConnectorContext {
  const silent = (): void => {};
  const none = (): Promise<never> => Promise.reject(new Error("there is no folder of files here"));
  return {
    account,
    state,
    now: systemClock.now,
    setTimer: systemClock.setTimer,
    log: { info: silent, warn: silent, error: silent },
    files: { maxBytes: 0, keep: none, open: none },
    secrets: { get: () => secret },
    isBound: async () => false,
    caughtUp: silent,
  };
}
