/** The `approvals` block of hub.yaml: its schema, and the rules it stands for. */
import { z } from "zod";
import type { Address } from "../contract/ids.ts";
import { ACTION_CLASSES } from "../contract/message.ts";
import type { ApprovalRules, PolicyRule } from "../contract/policy.ts";
import { ROLES } from "../people/roles.ts";
import { chat } from "./chat.ts";
import { duration, durationMs } from "./durations.ts";

const glob = z.string().min(1).max(200);
const actionClass = z.enum(ACTION_CLASSES);
const people = z.number().int().min(1).max(50);

const policy = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be lower-case letters, digits and hyphens")
    .describe("what the audit log and `policy explain` call it."),
  when: z
    .strictObject({
      class: z.union([actionClass, z.array(actionClass).min(1)]).describe("one class of action or several."),
      tool: glob.describe("the tool, as a glob such as deploy*."),
      app: glob.describe("the app it is done to, as a glob."),
      environment: glob.describe("the environment it is done to, as a glob such as production."),
      orchestrator: glob.describe("who asks, as a glob."),
      tenant: glob.describe("whose hub it is, as a glob."),
    })
    .partial()
    .default({})
    .describe("what it is about; all of it must fit, and what an asker leaves unsaid fits."),
  roles: z
    .array(z.enum(ROLES))
    .describe("who may vote: whoever holds one of them; an empty list means nobody. Default: approver.")
    .optional(),
  quorum: people.describe("how many people must approve. Default: 1.").optional(),
  deny_quorum: people.describe("how many people who deny end it. Default: 1.").optional(),
  exclude_requester: z.boolean().describe("whether the person whose message led to it may not vote.").optional(),
  expiry: duration.describe("how long it waits for a decision, such as 4h.").optional(),
  execution_window: duration.describe("how long an approval may be used, such as 5m.").optional(),
  step_up: z.boolean().describe("whether the code must be typed to approve; always so for critical_red.").optional(),
  chats: z.array(chat).max(20).describe("chats that hear of it beside the thread it was asked in.").optional(),
  fallback: z.boolean().describe("whether each of the chats hears of it only when the one before could not be reached.").optional(),
  escalate: z
    .strictObject({ after: duration.describe("how long nobody has decided, such as 30m."), chats: z.array(chat).min(1).max(20) })
    .describe("chats that hear of it when nobody has decided for a while.")
    .optional(),
});

export const approvalsBlock = z
  .strictObject({
    autonomy_tier: z.literal([1, 2, 3]).default(2).describe("1 asks from yellow up, 2 from red up, 3 only for critical red."),
    expiry: duration.default("24h").describe("how long a request waits for a decision, such as 24h."),
    execution_window: duration.default("10m").describe("how long an approval may be used, such as 10m."),
    classes: z
      .array(
        z.strictObject({
          tool: glob.describe("the tool's name or kind, as a glob."),
          touching: z.array(glob).min(1).describe("texts inside the action, as globs. Default: whatever it holds.").optional(),
          class: actionClass.describe("the class it has at least."),
        }),
      )
      .default([])
      .describe("which actions are of a higher class than the hub's own table says."),
    unlock: z
      .array(z.strictObject({ orchestrator: glob.default("*"), tool: glob }))
      .default([])
      .describe("tools that may reach the outside world without being asked each time."),
    always: z
      .union([z.literal("never"), duration])
      .default("7d")
      .describe("how long `approve CODE always` holds, such as 7d; never: everything is asked each time."),
    answer_urls: z
      .array(z.url({ protocol: /^https?$/ }))
      .default([])
      .describe("where programs that ask may have the answer posted to: these URLs and what is below them."),
    trust_classes_of: z
      .array(z.string().min(1))
      .default([])
      .describe("orchestrators whose own word about a class stands; of the others it can only raise what the table says."),
    policies: z
      .array(policy)
      .default([])
      .describe("who must agree to what. Every rule that fits holds, and the stricter where two differ."),
  })
  .prefault({})
  .describe("when and how people are asked.");

type Block = z.output<typeof approvalsBlock>;

export function approvalRules(block: Block): ApprovalRules {
  return {
    autonomyTier: block.autonomy_tier,
    base: { expiryMs: ms(block.expiry), executionWindowMs: ms(block.execution_window) },
    policies: block.policies.map(policyRule),
    classes: block.classes,
    unlocked: block.unlock,
    trusted: block.trust_classes_of,
    answerUrls: block.answer_urls,
    standingMs: block.always === "never" ? undefined : ms(block.always),
  };
}

function policyRule(written: Block["policies"][number]): PolicyRule {
  const { name, when, escalate } = written;
  return {
    name,
    when: { ...when, class: when.class === undefined ? undefined : [when.class].flat() },
    demands: {
      roles: written.roles,
      quorum: written.quorum,
      denyQuorum: written.deny_quorum,
      excludesRequester: written.exclude_requester,
      expiryMs: written.expiry === undefined ? undefined : ms(written.expiry),
      executionWindowMs: written.execution_window === undefined ? undefined : ms(written.execution_window),
      stepUp: written.step_up,
      chats: written.chats satisfies readonly Address[] | undefined,
      isFallback: written.fallback,
      escalation: escalate && { afterMs: ms(escalate.after), chats: escalate.chats },
    },
  };
}

function ms(text: string): number {
  return durationMs(text) ?? 0;
}
