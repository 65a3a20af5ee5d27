/**
 * A platform that is asked for news, again and again: one round after the other, and after one that failed a pause that doubles. Knows no platform.
 * Invariant: never two rounds at once.
 */
import type { ConnectorContext } from "../../src/contract/connector.ts";

export interface RoundsParts extends Pick<ConnectorContext, "setTimer" | "log"> {
  /** `failures`: how many have failed since the last one that did not. */
  readonly round: (failures: number) => Promise<void>;
  /** How long to wait after this, ms; undefined: as long as usual. */
  readonly waitAfter: (thrown: unknown) => number | undefined;
}

export interface Rounds {
  /** Resolves after the first round, whatever came of it. */
  start(): Promise<void>;
  /** Why the last round failed; undefined after one that did not. */
  trouble(): string | undefined;
  close(): void;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;

export function createRounds({ round, waitAfter, setTimer, log }: RoundsParts): Rounds {
  let isClosed = false;
  let trouble: string | undefined;
  let wake = (): void => {};

  async function run(attempted: () => void): Promise<void> {
    for (let failures = 0; !isClosed; attempted()) {
      try {
        await round(failures);
        failures = 0;
        trouble = undefined;
      } catch (thrown) {
        if (isClosed) return attempted();
        trouble = thrown instanceof Error ? thrown.message : "unknown";
        if (failures === 0) log.warn({ reason: trouble }, "news could not be fetched; trying again");
        attempted();
        await pause(waitAfter(thrown) ?? Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)));
        failures += 1;
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = setTimer(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }

  return {
    start: () => new Promise((resolve) => void run(resolve)),
    trouble: () => trouble,
    close() {
      isClosed = true;
      wake();
    },
  };
}
