/**
 * One budget per account and per chat for everything a platform counts: from the connector's limits, corrected by what the platform answers.
 * Sliding windows: in no window of the stated length more calls than stated; or a bucket, from which calls flow back evenly. A call counts from its
 * answer, by which the platform has counted it. A ban is waited out, never probed.
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
  /** A call is being made; `spare`: one of those that give way. The function returned is to be called once it was answered, or given up. */
  spend(address: Address, kind: CallKind, spare?: "spare"): () => void;
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
  /** One for each pace. */
  uses: readonly Use[];
  spareAt: number;
  heldUntil: number;
  /** The call that was refused. */
  heldFor?: { readonly address: Address; readonly scope: BudgetScope };
  slowed: { readonly by: number; readonly at: number };
  /** One for each of the platform's own that it told of. */
  left: readonly Left[];
}

interface Left {
  readonly kinds: BudgetLeft["kinds"];
  calls: number;
  readonly until: number;
}

/** What was used of one pace. */
interface Use {
  readonly pace: Pace;
  /** The latest, as many as it allows. */
  readonly calls: readonly Call[];
  /** When all that was used has flowed back. */
  readonly emptyAt: number;
}

interface Call {
  /** When it was answered; until then, when it began. */
  at: number;
}

export function createGovernor(clock: Clock, limitsOf: (account: string) => ConnectorLimits | undefined): Governor {
  const budgets = new Map<string, Budget>();
  const now = neverBack(clock);
  let sweepAt = FIRST_SWEEP;

  function waitMs(address: Address, kind: CallKind | undefined, scope?: BudgetScope): number {
    const at = now();
    const counts = kind !== undefined && isCounted(address, kind);
    return Math.max(0, ...known(address, scope).map((budget) => (counts ? waitFor(budget, kind, at) : budget.heldUntil - at)));
  }

  function spareMs(address: Address, kind: CallKind): number {
    const at = now();
    const spaced = isCounted(address, kind) ? known(address).map((budget) => budget.spareAt + spacing(budget, kind, at) - at) : [];
    return Math.max(waitMs(address, kind), ...spaced);
  }

  function spend(address: Address, kind: CallKind, spare?: "spare"): () => void {
    if (!isCounted(address, kind)) return () => {};
    const call: Call = { at: now() };
    const { perAccount, perChat } = limitsOf(address.account)?.pace ?? {};
    if (perAccount) note(budgetOf(keyOf(address, "account")), listOf(perAccount), { call, kind });
    if (perChat) note(budgetOf(keyOf(address, "chat")), listOf(perChat), { call, kind });
    for (const budget of known(address)) {
      for (const left of budget.left) if (isAbout(left, kind)) left.calls -= 1;
      if (spare) budget.spareAt = call.at;
    }
    return () => void (call.at = now());
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

  function observe(address: Address, { scope, calls, fullInMs, kinds }: BudgetLeft): void {
    const budget = budgetOf(keyOf(address, scope));
    const others = budget.left.filter((left) => left.until > now() && String(left.kinds) !== String(kinds));
    budget.left = [...others, { kinds, calls, until: now() + fullInMs }];
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
    uses: [],
    spareAt: never,
    heldUntil: never,
    slowed: { by: 1, at: never },
    left: [],
  };
}

function note(budget: Budget, paces: readonly Pace[], { call, kind }: { readonly call: Call; readonly kind: CallKind }): void {
  budget.uses = paces.map((pace, nth): Use => {
    const { calls = [], emptyAt = call.at } = budget.uses[nth] ?? {};
    if (!isAbout(pace, kind)) return { pace, calls, emptyAt };
    const latest = [...calls, call].toSorted((one, other) => one.at - other.at).slice(-pace.count);
    return { pace, calls: latest, emptyAt: Math.max(emptyAt, call.at) + windowOf(pace, budget, call.at) / pace.count };
  });
}

function waitFor(budget: Budget, kind: CallKind, at: number): number {
  const { uses, heldUntil, left } = budget;
  const waits = uses
    .filter(({ pace }) => isAbout(pace, kind))
    .map((use) => (use.pace.isBucket ? untilOneFits(use) : untilOneLeaves(use, windowOf(use.pace, budget, at))) - at);
  const untilFull = left.filter((one) => isAbout(one, kind) && one.calls <= 0).map(({ until }) => until - at);
  return Math.max(0, heldUntil - at, ...untilFull, ...waits);
}

function isAbout({ kinds }: Pick<Pace, "kinds">, kind: CallKind): boolean {
  return kinds?.includes(kind) ?? true;
}

function untilOneLeaves({ pace, calls }: Use, windowMs: number): number {
  return calls.length < pace.count ? -Infinity : Math.min(...calls.map(({ at }) => at)) + windowMs;
}

function untilOneFits({ pace: { count, windowMs }, emptyAt }: Use): number {
  return emptyAt - windowMs + windowMs / count;
}

function spacing(budget: Budget, kind: CallKind, at: number): number {
  const spaces = budget.uses.map(({ pace }) => (isAbout(pace, kind) ? windowOf(pace, budget, at) / Math.ceil(pace.count / 2) : 0));
  return Math.max(0, ...spaces);
}

function windowOf({ windowMs }: Pace, budget: Budget, at: number): number {
  return windowMs * slowness(budget, at);
}

function slowness({ slowed }: Budget, at: number): number {
  return 1 + (slowed.by - 1) * Math.max(0, 1 - (at - slowed.at) / RECOVERY_MS);
}

function isIdle(budget: Budget, at: number): boolean {
  const isSlow = slowness(budget, at) > 1;
  const isOver = budget.uses.every(({ pace, calls }) => calls.every((call) => call.at + pace.windowMs <= at));
  return !isSlow && isOver && budget.heldUntil <= at && budget.left.every(({ until }) => until <= at);
}

/** A home chat is named without its workspace, and the platform counts what is said in it all the same. */
function keyOf({ account, chat }: Address, scope: BudgetScope): string {
  return scope === "account" ? account : addressKey({ account, chat });
}

function listOf(paces: Paces): readonly Pace[] {
  return "count" in paces ? [paces] : paces;
}
