/**
 * The rules about gated actions: what class an action has, who must agree, and what is frozen into a request. Types only; applied by
 * `src/approvals`.
 */
import type { Address } from "./ids.ts";
import type { ActionClass } from "./message.ts";
import type { Role } from "./tables.ts";

/** What the configuration says about approvals. */
export interface ApprovalRules {
  /** 1 asks from yellow up, 2 from red up, 3 only for critical red. */
  readonly autonomyTier: 1 | 2 | 3;
  readonly base: PolicyBase;
  readonly policies: readonly PolicyRule[];
  /** Beside the hub's own table; they raise a class and never lower it. */
  readonly classes: readonly ClassRule[];
  /** Tools whose `yellow_external` counts as yellow; globs. */
  readonly unlocked: readonly { readonly orchestrator: string; readonly tool: string }[];
  /** Orchestrators whose own word about a class stands, also where the table says more. */
  readonly trusted: readonly string[];
  /** How long `approve CODE always` holds; absent: there is no such thing. */
  readonly standingMs?: number | undefined;
  /** Where programs may be called with the answer: URLs, and whatever is below them. */
  readonly answerUrls?: readonly string[] | undefined;
}

/** Holds for everything, before any rule of the configuration. */
export interface PolicyBase {
  readonly expiryMs: number;
  readonly executionWindowMs: number;
}

export interface ClassRule {
  /** Glob over the tool: its kind (`execute`, `edit`, …) or its name. */
  readonly tool: string;
  /** Globs over every text inside the action; the rule holds when one of them fits one text. Absent: holds always. */
  readonly touching?: readonly string[] | undefined;
  readonly class: ActionClass;
}

export interface PolicyRule {
  readonly name: string;
  /** Globs, but for classes. Absent: whatever it is. */
  readonly when: {
    readonly class?: readonly ActionClass[] | undefined;
    readonly tool?: string | undefined;
    readonly app?: string | undefined;
    readonly environment?: string | undefined;
    readonly orchestrator?: string | undefined;
    readonly tenant?: string | undefined;
  };
  readonly demands: Demands;
}

/** What a rule asks for; absent: nothing of its own. */
export interface Demands {
  /** A voter holds one of these roles. An empty list: nobody may vote. */
  readonly roles?: readonly Role[] | undefined;
  readonly quorum?: number | undefined;
  readonly denyQuorum?: number | undefined;
  readonly excludesRequester?: boolean | undefined;
  readonly expiryMs?: number | undefined;
  readonly executionWindowMs?: number | undefined;
  readonly stepUp?: boolean | undefined;
  readonly chats?: readonly Address[] | undefined;
  readonly isFallback?: boolean | undefined;
  readonly escalation?: { readonly afterMs: number; readonly chats: readonly Address[] } | undefined;
}
