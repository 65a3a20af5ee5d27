/** What the rules say about an action: its class, who must agree, and whether anybody is asked at all. Pure. */
import type { ActionClass } from "../contract/message.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import type { ApprovalRules } from "../contract/policy.ts";
import type { ApprovalPolicy } from "../contract/tables.ts";
import { classify } from "./classes.ts";
import { globMatches } from "../glob.ts";
import { choosePolicy, type Considered } from "./policies.ts";
import { asks } from "./tiers.ts";

export interface Ruling {
  readonly class: ActionClass;
  readonly policy: ApprovalPolicy;
  /** Why nobody is asked; undefined when people are. */
  readonly allowedBy: string | undefined;
  readonly considered: readonly Considered[];
}

export type Ruled = Pick<ApprovalAsk, "action" | "class" | "tool" | "app" | "environment"> & {
  readonly orchestrator: string;
  readonly tenant: string;
};

export function rule(ruled: Ruled, rules: ApprovalRules): Ruling {
  const { orchestrator, tool = "" } = ruled;
  const judged = classify(ruled.tool, ruled, { rules: rules.classes, isTrusted: rules.trusted.includes(orchestrator) });
  const isUnlocked = rules.unlocked.some((one) => globMatches(one.orchestrator, orchestrator) && globMatches(one.tool, tool));
  const tier = rules.autonomyTier;
  const isAsked = asks(judged.class, tier, isUnlocked) || (judged.isExternal && asks("yellow_external", tier, isUnlocked));
  const allowedBy = isAsked ? undefined : `${judged.class} is allowed at autonomy tier ${tier}`;
  return { class: judged.class, allowedBy, ...choosePolicy({ ...ruled, class: judged.class }, rules.policies, rules.base) };
}
