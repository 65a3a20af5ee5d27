/** Approvals and questions as the HTTP API speaks of them. */
import { z } from "zod";
import { ACTION_CLASSES, formField } from "../contract/message.ts";
import { approvalAsk } from "../contract/orchestrator.ts";
import { epochMs } from "./shapes.ts";

const approvalCard = z
  .object({
    type: z.literal("approval"),
    id: z.string(),
    code: z.string(),
    state: z.enum(["pending", "approved", "denied", "expired", "cancelled", "consumed"]),
    title: z.string(),
    class: z.enum(ACTION_CLASSES),
    asker: z.string(),
    reason: z.string().optional(),
    app: z.string().optional(),
    environment: z.string().optional(),
    action: z.string().describe("The exact action as it is shown: secrets masked, invisible characters made visible."),
    digest: z.string().describe("SHA-256, hex, over the canonical JSON (RFC 8785) of the exact action."),
    expiresAt: epochMs,
    votes: z
      .object({ approving: z.array(z.string()).readonly(), denying: z.array(z.string()).readonly(), needed: z.number() })
      .optional()
      .describe("Who has voted so far, where more than one vote is needed."),
    stepUp: z.boolean().optional().describe("To approve it its code has to be typed; its id does not do."),
    decidedBy: z.string().optional(),
    decidedAt: epochMs.optional(),
    decisionReason: z.string().optional(),
    similarPending: z.boolean().optional(),
  })
  .meta({ id: "Approval" });

const questionCard = z
  .object({
    type: z.literal("question"),
    id: z.string(),
    code: z.string(),
    state: z.enum(["pending", "answered", "expired", "cancelled"]),
    asker: z.string(),
    text: z.string(),
    form: z.object({ title: z.string(), fields: z.array(formField).readonly() }),
    url: z.string().optional(),
    answer: z.string().optional(),
    answeredBy: z.string().optional(),
  })
  .meta({ id: "Question" });

const who = z.string().describe("Who may decide or answer it, in words, by role.");
export const requestShape = z.discriminatedUnion("type", [approvalCard.extend({ who }), questionCard.extend({ who })]);
export const requestList = z.object({ approvals: z.array(requestShape) });
export const requestQuery = z.object({
  state: z.enum(["pending", "approved", "denied", "expired", "cancelled", "consumed", "answered"]).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export const requestCode = z.object({ code: z.string().min(1).max(200).describe("The code people type, or the id.") });
export const waitQuery = z.object({
  wait_ms: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe("Answers as soon as it is decided, at the latest after this long."),
});
export const decision = z.strictObject({
  verdict: z.enum(["approve", "deny", "withdraw"]).describe("`withdraw` takes back a vote while nothing is decided."),
  reason: z.string().max(2000).optional(),
  always: z.boolean().optional().describe("Approves it, and exactly the same is not asked again for a while."),
  pin: z.string().min(1).max(100).optional().describe("Needed by everybody but a signed-in browser."),
});
/** As a document says it: a type of JSON that names itself is more than generators of clients bear. */
const action = z.record(z.string(), z.unknown()).pipe(approvalAsk.shape.action);
export const newApproval = approvalAsk.extend({
  action: action.describe("The exact action. Its canonical JSON (RFC 8785) is what is shown, decided and executed."),
  answer_to: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional()
    .describe("Gets the signed answer as a POST, again until it is taken; `approvals.answer_urls` lists what may be called."),
  account: z.string().max(63).optional().describe("Where it is shown. Default: the first account that has a home chat."),
  chat: z.string().max(200).optional().describe("Default: the account's home chat."),
  thread: z.string().max(200).optional(),
});
export const grantShape = z.object({
  grant: z.string().describe("A JWS (EdDSA) over the digest of the exact action; its keys are at /.well-known/jwks.json."),
  expiresAt: epochMs,
});
export const grantUse = z.strictObject({
  grant: z.string().min(1).max(10_000),
  action: action.describe("What is about to be done. Anything but the action that was approved is refused."),
});
export const grantUsed = z.object({
  approval_id: z.string(),
  approvers: z.array(z.object({ id: z.string(), name: z.string() })),
  digest: z.string(),
});
export const standingList = z.object({
  standing: z.array(
    z
      .object({
        code: z.string().describe("Of the request it came of."),
        title: z.string(),
        class: z.string(),
        asker: z.string(),
        app: z.string().optional(),
        environment: z.string().optional(),
        by: z.string().describe("Who allowed it."),
        expiresAt: epochMs,
      })
      .meta({ id: "StandingApproval" }),
  ),
});
export const standingEnded = z.object({ ended: z.literal(true) });
export const decided = z.intersection(requestShape, z.object({ said: z.string() }));
