/** For reads: waits out what the platform asks for, as the governor does for what is sent. */
import type { ConnectorContext } from "../../src/contract/connector.ts";
import { askedWaitMs } from "./api-error.ts";

const MOST_WAITS = 20;

/** Rejects as `call` does for all else. */
export async function waitingOut<T>(setTimer: ConnectorContext["setTimer"], call: () => Promise<T>): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await call();
    } catch (thrown) {
      const waitMs = askedWaitMs(thrown);
      if (waitMs === undefined || waits === MOST_WAITS) throw thrown;
      await new Promise<void>((resolve) => void setTimer(waitMs, resolve));
    }
  }
}
