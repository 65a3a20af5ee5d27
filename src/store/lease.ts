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

/** Throws `store_fenced` while somebody else holds it. */
export async function keepLease({ store, clock, name, holder }: LeaseParts): Promise<KeptLease> {
  const fence = await store.acquireLease(name, holder, TTL_MS, clock.now());
  if (!fence) throw new HubError("store_fenced", { lease: name });
  const listeners: (() => void)[] = [];
  let lost: Error | undefined;
  let cancel = clock.setTimer(TTL_MS / 3, renew);

  function renew(): void {
    cancel = clock.setTimer(TTL_MS / 3, renew);
    store.renewLease(fence as Fence, TTL_MS, clock.now()).then(
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
