/**
 * One budget per account and per chat for everything a platform counts: from the connector's limits, corrected by what the platform answers.
 * Sliding windows: in no window of the stated length more calls than stated; or a bucket, from which calls flow back evenly. A ban is waited out,
 * never probed.
 * Invariant: its time never goes back, and what it remembers is no more than what was used within the longest window.
 */
import type { ConnectorLimits, Pace, Paces } from "../contract/connector.ts";
import { type Address, addressKey } from "../contract/ids.ts";
import type { BudgetLeft, BudgetScope } from "../contract/message.ts";
import type { Clock } from "../clock.ts";

export type CallKind = ConnectorLimits["countsAsEvent"][number];

export interface Governor {
  /**
   * Ms to wait before a call of this kind may be made at this address; 0 when it may be made now. Without a kind: before one that no platform
   * counts. With `scope` only what that budget asks for.
   */
  waitMs(address: Address, kind: CallKind | undefined, scope?: BudgetScope): number;
  /** The same for a call that may as well not be made: such calls take at most half of a budget, evenly spaced. */
  spareMs(address: Address, kind: CallKind): number;
  /** A call is being made; `spare`: one of those that give way. */
  spend(address: Address, kind: CallKind, spare?: "spare"): void;
  /** The platform said to a call at this address: not before `ms` from now. Holds for every kind of call. */
  hold(address: Address, scope: BudgetScope, ms: number): void;
  /** The platform refused a call for its pace: the limits we know are too wide, and narrowed for a while. */
  slow(address: Address, scope: BudgetScope): void;
  /** The platform said what is left. */
  observe(address: Address, left: BudgetLeft): void;
  /** What the platform holds of an account now, for people to see: the longest first. */
  held(account: string): readonly Held[];
  /** How many budgets are remembered. */
  size(): number;
}

export interface Held {
  /** The whole account, or the one chat. */
  readonly scope: BudgetScope;
  /** Where the call was made that was refused. */
  readonly chat: string;
  /** Epoch ms. */
  readonly until: number;
}

/** After a refusal every window is this much longer, at most so many times, and back to what it was after so long. */
const SLOWER = 1.5;
const MOST_SLOW = 4;
const RECOVERY_MS = 600_000;
/** Budgets nobody uses any more are looked for each time there are twice as many as were in use. */
const FIRST_SWEEP = 64;

interface Budget {
  /** The latest calls, oldest first, as many as the widest pace allows. */
  times: number[];
  paces: readonly Pace[];
  /** For each pace: when all that was used has flowed back. */
  emptyAt: readonly number[];
  spareAt: number;
  heldUntil: number;
  /** The call that was refused. */
  heldFor?: { readonly address: Address; readonly scope: BudgetScope };
  slowed: { readonly by: number; readonly at: number };
  left: { calls: number; readonly until: number };
}

export function createGovernor(clock: Clock, limitsOf: (account: string) => ConnectorLimits | undefined): Governor {
  const budgets = new Map<string, Budget>();
  const now = neverBack(clock);
  let sweepAt = FIRST_SWEEP;

  function waitMs(address: Address, kind: CallKind | undefined, scope?: BudgetScope): number {
    const at = now();
    const counts = kind !== undefined && isCounted(address, kind);
    return Math.max(0, ...known(address, scope).map((budget) => (counts ? waitFor(budget, at) : budget.heldUntil - at)));
  }

  function spareMs(address: Address, kind: CallKind): number {
    const at = now();
    const spaced = isCounted(address, kind) ? known(address).map((budget) => budget.spareAt + spacing(budget, at) - at) : [];
    return Math.max(waitMs(address, kind), ...spaced);
  }

  function spend(address: Address, kind: CallKind, spare?: "spare"): void {
    if (!isCounted(address, kind)) return;
    const at = now();
    const { perAccount, perChat } = limitsOf(address.account)?.pace ?? {};
    if (perAccount) note(budgetOf(keyOf(address, "account")), listOf(perAccount), at);
    if (perChat) note(budgetOf(keyOf(address, "chat")), listOf(perChat), at);
    for (const budget of known(address)) {
      budget.left.calls -= 1;
      if (spare) budget.spareAt = at;
    }
  }

  function hold(address: Address, scope: BudgetScope, ms: number): void {
    const budget = budgetOf(keyOf(address, scope));
    const until = now() + ms;
    if (until <= budget.heldUntil) return;
    budget.heldUntil = until;
    budget.heldFor = { address, scope };
  }

  function held(account: string): Held[] {
    const at = now();
    return [...budgets.values()]
      .flatMap(({ heldFor, heldUntil }) =>
        heldFor?.address.account === account && heldUntil > at
          ? [{ scope: heldFor.scope, chat: heldFor.address.chat, until: clock.now() + heldUntil - at }]
          : [],
      )
      .sort((one, other) => other.until - one.until);
  }

  function slow(address: Address, scope: BudgetScope): void {
    const budget = budgetOf(keyOf(address, scope));
    budget.slowed = { by: Math.min(MOST_SLOW, slowness(budget, now()) * SLOWER), at: now() };
  }

  function observe(address: Address, { scope, calls, fullInMs }: BudgetLeft): void {
    budgetOf(keyOf(address, scope)).left = { calls, until: now() + fullInMs };
  }

  function isCounted({ account }: Address, kind: CallKind): boolean {
    return limitsOf(account)?.countsAsEvent.includes(kind) ?? false;
  }

  function known(address: Address, scope?: BudgetScope): Budget[] {
    const keys = scope ? [keyOf(address, scope)] : [keyOf(address, "account"), keyOf(address, "chat")];
    return keys.map((key) => budgets.get(key)).filter((budget) => budget !== undefined);
  }

  function budgetOf(key: string): Budget {
    if (budgets.size >= sweepAt) sweep();
    const budget = budgets.get(key) ?? unused();
    budgets.set(key, budget);
    return budget;
  }

  function sweep(): void {
    const at = now();
    for (const [key, budget] of budgets) if (isIdle(budget, at)) budgets.delete(key);
    sweepAt = Math.max(FIRST_SWEEP, budgets.size * 2);
  }

  return { waitMs, spareMs, spend, hold, held, slow, observe, size: () => budgets.size };
}

/** A wall clock that is set back would make everything wait for as long. */
function neverBack(clock: Clock): () => number {
  let latest = clock.now();
  let behind = 0;
  return () => {
    behind = Math.max(behind, latest - clock.now());
    return (latest = clock.now() + behind);
  };
}

function unused(): Budget {
  const never = -Infinity;
  return {
    times: [],
    paces: [],
    emptyAt: [],
    spareAt: never,
    heldUntil: never,
    slowed: { by: 1, at: never },
    left: { calls: 0, until: never },
  };
}

function note(budget: Budget, paces: readonly Pace[], at: number): void {
  budget.paces = paces;
  budget.emptyAt = paces.map((pace, nth) => Math.max(budget.emptyAt[nth] ?? at, at) + windowOf(pace, budget, at) / pace.count);
  budget.times = [...budget.times, at].slice(-Math.max(...paces.map(({ count }) => count)));
}

function waitFor(budget: Budget, at: number): number {
  const { paces, heldUntil, left } = budget;
  const waits = paces.map((pace, nth) => (pace.isBucket ? untilOneFits(pace, budget, nth) : untilOneLeaves(pace, budget, at)) - at);
  return Math.max(0, heldUntil - at, left.calls > 0 ? 0 : left.until - at, ...waits);
}

function untilOneLeaves(pace: Pace, budget: Budget, at: number): number {
  const oldest = budget.times[budget.times.length - pace.count];
  return oldest === undefined ? at : oldest + windowOf(pace, budget, at);
}

function untilOneFits({ count, windowMs }: Pace, { emptyAt }: Budget, nth: number): number {
  return (emptyAt[nth] ?? -Infinity) - windowMs + windowMs / count;
}

function spacing(budget: Budget, at: number): number {
  return Math.max(0, ...budget.paces.map((pace) => windowOf(pace, budget, at) / Math.ceil(pace.count / 2)));
}

function windowOf({ windowMs }: Pace, budget: Budget, at: number): number {
  return windowMs * slowness(budget, at);
}

function slowness({ slowed }: Budget, at: number): number {
  return 1 + (slowed.by - 1) * Math.max(0, 1 - (at - slowed.at) / RECOVERY_MS);
}

function isIdle(budget: Budget, at: number): boolean {
  const isSlow = slowness(budget, at) > 1;
  const lastAt = budget.times.at(-1) ?? -Infinity;
  const isOver = budget.paces.every(({ windowMs }) => lastAt + windowMs <= at);
  return !isSlow && isOver && budget.heldUntil <= at && budget.left.until <= at;
}

/** A home chat is named without its workspace, and the platform counts what is said in it all the same. */
function keyOf({ account, chat }: Address, scope: BudgetScope): string {
  return scope === "account" ? account : addressKey({ account, chat });
}

function listOf(paces: Paces): readonly Pace[] {
  return "count" in paces ? [paces] : paces;
}
