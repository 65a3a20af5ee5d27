/** What the API takes and gives where orchestrators call it. */
import { z } from "zod";
import { delivery, postedEvent, sessionName } from "../contract/orchestrator-door.ts";

export const orchestratorName = z.object({ name: z.string().min(1).max(63).describe("The orchestrator's name in hub.yaml.") });

export const inboxCall = z.strictObject({
  ack: z.array(z.string().min(1).max(100)).max(1000).default([]).describe("Ids of deliveries you have: they are not given again."),
  life: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      "Names one life of your process. A new one is taken to have lost the turns that the one before had not ended: they are delivered again with a mark. Leave it out if you keep what you were given.",
    ),
  wait_ms: z.number().int().min(0).max(60_000).default(0).describe("How long to wait for a delivery where there is none."),
  limit: z.number().int().min(0).max(100).default(20).describe("At most so many deliveries; 0 only acknowledges."),
});
export const inboxGiven = z.object({ deliveries: z.array(delivery.meta({ id: "Delivery" })).readonly() });

export const eventReport = z.strictObject({
  session: sessionName,
  turn_id: z.string().min(1).max(100).optional().describe("Default: the turn under way."),
  events: z.array(postedEvent).min(1).max(100),
});
export const reportTaken = z.object({
  asks: z.array(z.string()).readonly().describe("The `ask_id` of each approval and question in it, in order."),
  canvases: z
    .array(z.string())
    .readonly()
    .optional()
    .describe("The `canvas_id` of each canvas in it, in order: with it the next version is shown. Absent where there is none."),
});

export const fileName = orchestratorName.extend({
  file_id: z.string().min(1).max(100).describe("The `id` of an attachment of a delivery."),
});
export const fileToSay = z.strictObject({
  session: sessionName,
  name: z.string().min(1).max(300).describe("What people see it called."),
  turn_id: z.string().min(1).max(100).optional().describe("Default: the turn under way."),
});
export const fileTaken = z.object({ taken: z.literal(true) });

export const askName = orchestratorName.extend({ ask_id: z.string().min(1).max(100) });
export const askState = z
  .object({
    ask_id: z.string(),
    state: z.enum(["pending", "approved", "denied", "expired", "cancelled", "answered"]),
    code: z.string().optional().describe("What people type; absent while the request waits for what was reported before it."),
    class: z.string().optional(),
    digest: z.string().optional().describe("SHA-256, hex, over the canonical JSON (RFC 8785) of the exact action."),
    expires_at: z
      .number()
      .int()
      .optional()
      .describe("Epoch milliseconds: while pending until when it can be decided, then until when the grant is valid."),
    decided_by: z.string().optional(),
    reason: z.string().optional(),
    values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    grant: z.string().optional().describe("Where somebody else carries it out: to be used up with `/v1/grants/consume`, once."),
  })
  .meta({ id: "AskState" });

export const hookName = orchestratorName.extend({ hook: z.string().min(1).max(100) });
export const hookBody = z
  .record(z.string(), z.unknown())
  .describe("As the system behind the profile writes it; see docs/http-orchestrators.md.");
export const hookWait = z.object({
  wait_ms: z.coerce.number().int().min(0).max(60_000).default(0).describe("Where the hook asks people: how long to wait for them."),
});
export const hookTaken = z.object({ decision: askState.optional() });

export const policyBundle = z.object({
  bundle: z.string().describe("A JWS (EdDSA) with the rules as claims; its keys are at /.well-known/jwks.json."),
  version: z.string().describe("The same while the rules are the same."),
});
