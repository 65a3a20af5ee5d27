/**
 * Which policy an action falls under. Pure.
 * Every rule that fits holds, and where two differ the stricter does: a rule can make deciding harder and never easier, whatever their order.
 * What the asker leaves unsaid may be anything, so a rule about it fits: leaving the environment out is no way around "production", nor is
 * writing it with letters that look like others.
 */
import type { ActionClass } from "../contract/message.ts";
import type { Demands, PolicyBase, PolicyRule } from "../contract/policy.ts";
import type { ApprovalPolicy } from "../contract/tables.ts";
import { globMatches } from "../glob.ts";

/** What is known of an action. */
export interface Gated {
  readonly class: ActionClass;
  readonly tool?: string | undefined;
  readonly app?: string | undefined;
  readonly environment?: string | undefined;
  readonly orchestrator: string;
  readonly tenant: string;
}

/** Why a rule holds for an action or does not. */
export interface Considered {
  readonly rule: string;
  readonly holds: boolean;
  readonly because: string;
}

export interface Chosen {
  readonly policy: ApprovalPolicy;
  readonly considered: readonly Considered[];
}

/** What cannot be taken back is approved by typing its code, not by a press in passing. */
export const BUILT_IN_RULES: readonly PolicyRule[] = [
  { name: "critical-is-typed", when: { class: ["critical_red"] }, demands: { stepUp: true } },
];

export function choosePolicy(gated: Gated, rules: readonly PolicyRule[], base: PolicyBase): Chosen {
  const considered = [...BUILT_IN_RULES, ...rules].map((rule) => ({ rule, ...consider(rule, gated) }));
  const holding = considered.filter(({ holds }) => holds).map(({ rule }) => rule);
  const demands = holding.map((rule) => rule.demands);
  const roles = demands.flatMap((demand) => (demand.roles === undefined ? [] : [demand.roles]));
  const denies = given(demands, "denyQuorum");
  const policy: ApprovalPolicy = {
    rules: holding.map(({ name }) => name),
    roles: roles.length > 0 ? roles : [["approver"]],
    quorum: Math.max(1, ...given(demands, "quorum")),
    denyQuorum: denies.length > 0 ? Math.min(...denies) : 1,
    excludesRequester: demands.some((demand) => demand.excludesRequester),
    expiryMs: Math.min(base.expiryMs, ...given(demands, "expiryMs")),
    executionWindowMs: Math.min(base.executionWindowMs, ...given(demands, "executionWindowMs")),
    stepUp: demands.some((demand) => demand.stepUp),
    chats: demands.flatMap(({ chats = [] }) => chats),
    isFallback: demands.some(({ isFallback }) => isFallback) && demands.every(({ chats, isFallback }) => !chats || isFallback === true),
    escalation: demands.flatMap(({ escalation }) => escalation ?? []),
  };
  return { policy, considered: considered.map(({ rule, holds, because }) => ({ rule: rule.name, holds, because })) };
}

/** Whoever may talk in a thread may answer a question there, once. */
export function questionPolicy(base: PolicyBase): ApprovalPolicy {
  const { policy } = choosePolicy({ class: "green", orchestrator: "", tenant: "" }, [], base);
  return { ...policy, roles: [["operator"]] };
}

function given<K extends "quorum" | "denyQuorum" | "expiryMs" | "executionWindowMs">(demands: readonly Demands[], key: K): number[] {
  return demands.flatMap((demand) => demand[key] ?? []);
}

/** Letters that look like no others of another alphabet, and that are all seen. */
const PLAIN = /^[\x20-\x7e]*$/;

function consider({ when }: PolicyRule, gated: Gated): { readonly holds: boolean; readonly because: string } {
  if (when.class && !when.class.includes(gated.class)) return { holds: false, because: `the class is ${gated.class}` };
  const unsaid: string[] = [];
  const unclear: string[] = [];
  for (const key of ["tool", "app", "environment", "orchestrator", "tenant"] as const) {
    const [glob, said] = [when[key], gated[key]];
    if (glob === undefined) continue;
    if (said === undefined) unsaid.push(key);
    else if (globMatches(glob, said.trim())) continue;
    else if (PLAIN.test(said)) return { holds: false, because: `the ${key} is ${said}, not ${glob}` };
    else unclear.push(key);
  }
  if (unclear.length > 0)
    return { holds: true, because: `the ${unclear.join(" and the ")} has letters that may look like others, and might be it` };
  if (unsaid.length > 0) return { holds: true, because: `the ${unsaid.join(" and the ")} was not said, and might be` };
  return { holds: true, because: "it fits" };
}
