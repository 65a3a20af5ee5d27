/**
 * One pacing budget per account and per chat, from the connector's limits, corrected by what the platform answers.
 * Sliding windows: in no window of the stated length more calls than stated. A ban is waited out, never probed.
 */
import { type Address, chatKey } from "../contract/ids.ts";
import type { ConnectorLimits, Pace } from "../contract/connector.ts";
import type { Clock } from "../clock.ts";

export type CallKind = ConnectorLimits["countsAsEvent"][number];

export interface Governor {
  /** Ms to wait before a call of this kind may be made at this address; 0 when it may be made now. */
  waitMs(address: Address, kind: CallKind): number;
  /** A call is being made. */
  spend(address: Address, kind: CallKind): void;
  /** The platform said: not before `ms` from now. Holds for the whole account. */
  hold(account: string, ms: number): void;
}

export function createGovernor(clock: Clock, limitsOf: (account: string) => ConnectorLimits | undefined): Governor {
  const calls = new Map<string, number[]>();
  const heldUntil = new Map<string, number>();

  function budgets(address: Address, kind: CallKind): { key: string; pace: Pace }[] {
    const limits = limitsOf(address.account);
    if (!limits?.pace || !limits.countsAsEvent.includes(kind)) return [];
    const { perAccount, perChat } = limits.pace;
    return [
      ...(perAccount ? [{ key: address.account, pace: perAccount }] : []),
      ...(perChat ? [{ key: chatKey(address), pace: perChat }] : []),
    ];
  }

  function waitMs(address: Address, kind: CallKind): number {
    const now = clock.now();
    const held = (heldUntil.get(address.account) ?? 0) - now;
    return Math.max(0, held, ...budgets(address, kind).map(({ key, pace }) => waitFor(calls.get(key) ?? [], pace, now)));
  }

  function spend(address: Address, kind: CallKind): void {
    const now = clock.now();
    for (const { key, pace } of budgets(address, kind)) {
      const recent = (calls.get(key) ?? []).filter((at) => at > now - pace.windowMs);
      calls.set(key, [...recent, now]);
    }
  }

  function hold(account: string, ms: number): void {
    heldUntil.set(account, Math.max(heldUntil.get(account) ?? 0, clock.now() + ms));
  }

  return { waitMs, spend, hold };
}

function waitFor(times: readonly number[], pace: Pace, now: number): number {
  const recent = times.filter((at) => at > now - pace.windowMs);
  const oldest = recent[recent.length - pace.count];
  return oldest === undefined ? 0 : oldest + pace.windowMs - now;
}
