/** Keeps a lease for as long as the process lives, and says so when it is lost. */
import type { Clock } from "../clock.ts";
import { HubError } from "../contract/errors.ts";
import type { Fence, Store } from "../contract/store.ts";

export interface KeptLease {
  readonly fence: () => Fence;
  /** Why it is no longer ours, once another holder has taken over; everything fenced by it is refused from then on. */
  lost(): Error | undefined;
  onLost(listener: () => void): void;
  release(): Promise<void>;
}

export interface LeaseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly name: string;
  readonly holder: string;
}

/** Three renewals fit into it: one that fails for a full disk or a busy machine loses nothing. */
const TTL_MS = 30_000;
const LOOK_MS = 1000;

/**
 * A holder that died is waited for until its lease has run out. Throws `store_in_use` once it is seen to live, and where its end does not come:
 * the clock of its machine goes before ours.
 */
async function takeLease({ store, clock, name, holder }: LeaseParts): Promise<Fence> {
  const giveUpAt = clock.now() + TTL_MS + LOOK_MS;
  let lastSeen: number | undefined;
  for (;;) {
    const fence = await store.acquireLease(name, holder, TTL_MS, clock.now());
    if (fence) return fence;
    const other = await store.get("leases", name);
    const isAlive = lastSeen !== undefined && other !== undefined && other.expiresAt > lastSeen;
    if (isAlive || clock.now() >= giveUpAt) throw new HubError("store_in_use", { holder: other?.holder ?? "" });
    lastSeen = other?.expiresAt;
    await new Promise<void>((resolve) => clock.setTimer(LOOK_MS, resolve));
  }
}

/** Rejects like `takeLease`. */
export async function keepLease({ store, clock, name, holder }: LeaseParts): Promise<KeptLease> {
  const fence = await takeLease({ store, clock, name, holder });
  const listeners: (() => void)[] = [];
  let lost: Error | undefined;
  let cancel = clock.setTimer(TTL_MS / 3, renew);

  function renew(): void {
    cancel = clock.setTimer(TTL_MS / 3, renew);
    store.renewLease(fence, TTL_MS, clock.now()).then(
      (ours) => {
        if (ours) return;
        cancel();
        lost = new HubError("store_fenced", { lease: name });
        for (const listener of listeners) listener();
      },
      // A store that cannot be written is no lost lease: every commit says so itself, and the next renewal tries again.
      () => {},
    );
  }

  return {
    fence: () => fence,
    lost: () => lost,
    onLost: (listener) => void listeners.push(listener),
    async release() {
      cancel();
      await store.releaseLease(fence);
    },
  };
}
