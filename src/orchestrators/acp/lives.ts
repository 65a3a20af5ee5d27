/**
 * Keeps one life of the agent going: started when first needed, again after a crash, with back-off, and ended when nobody needs it.
 * Invariant: at most one process at a time, and none after `close`.
 */
import type { Clock } from "../../clock.ts";
import { asHubError, HubError } from "../../contract/errors.ts";
import type { Life } from "./life.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A life this long is not held against the next one. */
const HEALTHY_AFTER_MS = 60_000;

/** 0.5 s after the first failure, doubled with each, at most 30 s. */
export function pauseAfter(failures: number): number {
  return failures <= 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
}

export interface Lives {
  /** The life now, started if need be, after the pause that is due. Rejects with the HubError of the failed start. */
  current(): Promise<Life>;
  now(): Life | undefined;
  /** Why there is none, if the last start or life failed. */
  lastError(): HubError | undefined;
  /** Ends the life there is, which is no failure; the next one begins when it is asked for. */
  rest(): Promise<void>;
  /** Ended because nobody needed it, and not yet asked for again. */
  isResting(): boolean;
  close(): Promise<void>;
}

export interface LivesSetup {
  readonly clock: Clock;
  /** The signal fires when the start is no longer wanted. */
  readonly start: (signal: AbortSignal) => Promise<Life>;
  /** Called once for each life that began; `current` resolves after it. */
  readonly onStart: (life: Life, isRestart: boolean) => void;
  /** Called once when a life has ended that should not have. True: start the next one without being asked. */
  readonly onEnd: (life: Life, reason: HubError) => boolean;
  /** Called once when a life was ended by `rest`. */
  readonly onRest: (life: Life) => void;
}

export function createLives(setup: LivesSetup): Lives {
  const { clock } = setup;
  let life: Life | undefined;
  let starting: Promise<Life> | undefined;
  let lastError: HubError | undefined;
  let failures = 0;
  let notBefore = 0;
  let isRestart = false;
  let leaving: Promise<void> | undefined;
  let isResting = false;
  const closing = new AbortController();
  let stopWaiting = (): void => {};

  function failed(error: HubError): void {
    lastError = error;
    failures += 1;
    notBefore = clock.now() + pauseAfter(failures);
  }

  function pause(): Promise<void> {
    const ms = notBefore - clock.now();
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.setTimer(ms, resolve);
      stopWaiting = () => {
        cancel();
        resolve();
      };
    });
  }

  async function begin(): Promise<Life> {
    isResting = false;
    await leaving;
    await pause();
    if (closing.signal.aborted) throw new HubError("hub_stopping");
    const started = await setup.start(closing.signal).catch((thrown: unknown) => {
      const error = asHubError(thrown);
      failed(error);
      throw error;
    });
    if (closing.signal.aborted) {
      await started.end();
      throw new HubError("hub_stopping");
    }
    follow(started, clock.now());
    return started;
  }

  function follow(started: Life, since: number): void {
    life = started;
    lastError = undefined;
    setup.onStart(started, isRestart);
    isRestart = true;
    void started.ended.then((reason) => {
      if (life !== started) return;
      life = undefined;
      if (clock.now() - since >= HEALTHY_AFTER_MS) failures = 0;
      failed(reason);
      const goOn = setup.onEnd(started, reason);
      if (goOn && !closing.signal.aborted) keepTrying();
    });
  }

  function keepTrying(): void {
    current().catch(() => {
      if (!closing.signal.aborted) keepTrying();
    });
  }

  function current(): Promise<Life> {
    if (closing.signal.aborted) return Promise.reject(new HubError("hub_stopping"));
    if (life) return Promise.resolve(life);
    starting ??= begin().finally(() => {
      starting = undefined;
    });
    return starting;
  }

  return {
    current,
    now: () => life,
    lastError: () => lastError,
    isResting: () => isResting,
    async rest() {
      const tired = life;
      if (!tired || closing.signal.aborted) return;
      life = undefined;
      isResting = true;
      isRestart = false;
      setup.onRest(tired);
      leaving = tired.end();
      await leaving;
    },
    async close() {
      closing.abort();
      stopWaiting();
      await starting?.catch(() => {});
      await leaving;
      await life?.end();
    },
  };
}
