/** What the HTTP API takes and gives. Named ones become components of the OpenAPI document; the client parses answers with them. */
import { z } from "zod";
import { SCOPES } from "../contract/tables.ts";

export const epochMs = z.number().int().describe("Epoch milliseconds.");

export const problemShape = z
  .object({
    type: z.string(),
    title: z.string().describe("A sentence for a person."),
    status: z.number().int(),
    detail: z.string().describe("What the person can do."),
    code: z.string().describe("A code of docs/errors.md."),
  })
  .meta({ id: "Problem" });

// messages

export const messageToSend = z.strictObject({
  text: z.string().min(1),
  account: z.string().optional().describe("Default: the first account."),
  chat: z.string().optional().describe("Default: the account's home chat."),
  thread: z.string().optional(),
});
export const messageTaken = z.object({ id: z.string(), trace: z.string() });

export const inboxQuery = z.object({
  consumer: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .default("default")
    .describe("Whose place in the inbox: each consumer of a token acknowledges for itself."),
});
export const inboxAck = inboxQuery.extend({
  up_to: z.number().int().min(1).describe("The `seq` up to which everything was taken; nothing up to it is delivered again."),
});
export const inboxMessage = z
  .object({
    seq: z.number().int(),
    trace: z.string(),
    account: z.string(),
    workspace: z.string().optional(),
    chat: z.string(),
    thread: z.string().optional(),
    sender: z.string(),
    person: z.object({ id: z.string(), name: z.string() }),
    text: z.string(),
    ts: z.string().describe("ISO 8601, the platform's own time."),
  })
  .meta({ id: "InboxMessage" });

export const setAsideList = z.object({
  messages: z.array(
    z
      .object({
        id: z.string(),
        trace: z.string(),
        account: z.string(),
        chat: z.string(),
        sender: z.string(),
        text: z.string().describe("Empty for what is not a message, such as a press of a button."),
        createdAt: epochMs,
      })
      .meta({ id: "SetAside" }),
  ),
});

// outbox

const outboxState = z.enum(["queued", "sending", "sent", "unknown", "failed", "dead"]);
export const outboxQuery = z.object({
  state: outboxState.optional().describe("Default: everything that has neither left nor been given up by choice."),
  wasUnknown: z
    .enum(["true", "false"])
    .optional()
    .describe("True: those, whatever became of them, of which it was not known whether they had arrived; of the latest 20,000."),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export const outboxId = z.object({ id: z.string().min(6).max(64).describe("The message's id, or how it begins.") });
export const outboxChanged = z.object({ id: z.string(), state: outboxState });
export const outboxEntry = outboxChanged
  .extend({
    account: z.string(),
    chat: z.string(),
    thread: z.string().optional(),
    urgency: z.enum(["urgent", "reply", "notice", "progress"]),
    trace: z.string(),
    text: z.string(),
    attempts: z.number().int(),
    lastError: z.string().optional(),
    notBefore: epochMs.describe("Not tried before, epoch milliseconds; 0: at once."),
    createdAt: epochMs,
  })
  .meta({ id: "OutboxEntry" });
export const outboxList = z.object({ outbox: z.array(outboxEntry) });

// records

export const hop = z.object({ at: epochMs, step: z.string(), detail: z.string() });
export const traceShape = z
  .object({
    trace: z.string(),
    hops: z.array(hop).readonly(),
    waitsFor: z.array(z.string()).describe("The codes of what people are asked before it is answered."),
  })
  .meta({ id: "Trace" });
export const traceId = z.object({
  id: z.string().min(1).max(500).describe("A trace, any id of ours or of a platform that belongs to one, or `last`."),
});
const row = z.looseObject({ id: z.string(), createdAt: epochMs, updatedAt: epochMs });
const rows = z.array(row).readonly().describe("Rows of the journal, oldest first.");
export const replayShape = z
  .object({ trace: z.string(), inbox: rows, turns: rows, outbox: rows, approvals: rows, deploys: rows })
  .meta({ id: "Replay" });

export const auditQuery = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) });
export const auditList = z.object({
  entries: z.array(
    z.object({
      id: z.string(),
      seq: z.number().int(),
      createdAt: epochMs,
      actorId: z.string(),
      what: z.string(),
      subject: z.string(),
      facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      hash: z.string(),
    }),
  ),
});
export const auditExportQuery = z.object({ since: z.coerce.number().int().min(0).default(0) });
/** A whole row of the log. */
export const auditRow = auditList.shape.entries.element.extend({
  version: z.number().int(),
  tenantId: z.string(),
  host: z.string(),
  updatedAt: epochMs,
  previousHash: z.string(),
});
export const auditVerdict = z.object({
  ok: z.boolean(),
  entries: z.number().int().optional(),
  at: z.string().optional(),
  why: z.string().optional(),
});

// health

const connectorFacts = z.object({
  transport: z.enum(["connected", "connecting", "down", "stopped"]).optional(),
  heartbeatAgeMs: z.number().optional(),
  lastInboundAt: epochMs.optional(),
  lastReceiptAt: epochMs.optional(),
  pacedUntil: epochMs.optional(),
});

export const healthShape = z
  .object({
    at: epochMs,
    phase: z.enum(["starting", "running", "stopping"]),
    ready: z.boolean(),
    reasons: z.array(z.string()).readonly().describe("Why it is not ready, a sentence each; none when it is."),
    store: z.object({ ok: z.boolean(), place: z.string(), detail: z.string().optional() }),
    connectors: z
      .array(
        z.object({
          account: z.string(),
          kind: z.string(),
          ok: z.boolean(),
          reachable: z.boolean(),
          authenticated: z.boolean(),
          lastSeen: z.string().optional(),
          detail: z.string().optional(),
          facts: connectorFacts,
          held: z
            .array(z.object({ scope: z.enum(["account", "chat"]), chat: z.string(), until: epochMs }))
            .readonly()
            .describe("What the platform asked to wait with: the whole account or one chat, until when, and where it said so."),
        }),
      )
      .readonly(),
    orchestrators: z
      .array(
        z.object({
          name: z.string(),
          alias: z.string(),
          driver: z.string(),
          answered: z.boolean(),
          detail: z.string().optional(),
          lastAnswerAt: epochMs.optional(),
          withinMs: z.number().describe("How long an answer may take."),
          tookMs: z.number().describe("How long this one took."),
          facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
        }),
      )
      .readonly(),
    waiting: z.object({ outbox: z.number(), turns: z.number(), approvals: z.number(), dead: z.number() }),
  })
  .meta({ id: "Health" });

// tokens

const scope = z.enum(SCOPES);
export const newToken = z.strictObject({
  name: z.string().regex(/^\S(?:.{0,98}\S)?$/u, "must begin and end with a letter, at most 100 in all"),
  scopes: z.array(scope).min(1).max(SCOPES.length),
  person: z.string().max(200).optional().describe("Id or name of the person it speaks for. Default: who asks."),
  days: z.number().int().min(1).max(3650).nullable().default(90).describe("How long it is valid; null for ever."),
});
export const tokenMade = z.object({ id: z.string(), token: z.string().describe("Shown only now."), expiresAt: epochMs.nullable() });
export const tokenShape = z
  .object({
    id: z.string(),
    kind: z.enum(["token", "link", "browser"]),
    name: z.string(),
    personId: z.string(),
    scopes: z.array(scope).readonly(),
    createdAt: epochMs,
    expiresAt: epochMs.nullable(),
  })
  .meta({ id: "Token" });
export const tokenList = z.object({ tokens: z.array(tokenShape) });
export const tokenId = z.object({ id: z.string().min(6).max(64).describe("The token's id, or how it begins.") });
export const revoked = z.object({ revoked: z.literal(true) });

export const newLink = z.strictObject({
  person: z.string().max(200).optional().describe("Id or name. Default: the local operator; anybody else needs `pin`."),
  pin: z.string().max(100).optional().describe("The local operator's PIN. Without it the page asks for the person's own."),
});
export const linkMade = z.object({ url: z.string(), expiresAt: epochMs, asksPin: z.boolean() });
