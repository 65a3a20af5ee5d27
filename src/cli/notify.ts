/**
 * What the hub tells systemd: that it is ready, that it lives, that it stops. Node has no datagram sockets of this kind, so systemd's own
 * `systemd-notify` carries it (docs/decisions/0011-systemd-is-told-by-systemd-notify.md). Outside of systemd nothing is told to anybody.
 * Invariant: "it lives" is said only after the hub has answered about its own health.
 */
import { type Clock, within } from "../clock.ts";
import { runQuietly } from "./systemd.ts";

export interface NotifySetup {
  /** NOTIFY_SOCKET, WATCHDOG_USEC and PATH of this process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly health: () => Promise<unknown>;
}

export interface Notifier {
  ready(): Promise<void>;
  stopping(): Promise<void>;
}

export function createNotifier({ env, clock, health }: NotifySetup): Notifier {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, PATH } = env;
  const watchdogMs = Number(WATCHDOG_USEC ?? 0) / 1000;
  let cancel = (): void => {};
  let isStopping = false;

  async function tell(...args: string[]): Promise<void> {
    if (NOTIFY_SOCKET) await runQuietly("systemd-notify", args, { NOTIFY_SOCKET, PATH });
  }

  /** Twice in the time allowed, as sd_watchdog_enabled(3) advises. */
  function watch(): void {
    if (!(watchdogMs > 0) || isStopping) return;
    cancel = clock.setTimer(watchdogMs / 2, () => void sign().finally(watch));
  }
  async function sign(): Promise<void> {
    const answer = await within(clock, watchdogMs / 2, health()).catch(() => undefined);
    if (answer !== undefined && !isStopping) await tell("WATCHDOG=1");
  }

  return {
    async ready() {
      await tell("--ready");
      watch();
    },
    async stopping() {
      isStopping = true;
      cancel();
      await tell("--stopping");
    },
  };
}
