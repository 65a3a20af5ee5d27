/** What the HTTP API takes and gives. Named ones become components of the OpenAPI document; the client parses answers with them. */
import { z } from "zod";
import { ACTION_CLASSES, DEPLOY_STATES, DEPLOY_WISHES, DOMAIN_STATES, formField, SETUP_STATES } from "../contract/message.ts";
import { approvalAsk, deployReport } from "../contract/orchestrator.ts";
import { SCOPES } from "../contract/tables.ts";

const epochMs = z.number().int().describe("Epoch milliseconds.");

export const problemShape = z
  .object({
    type: z.string(),
    title: z.string().describe("A sentence for a person."),
    status: z.number().int(),
    detail: z.string().describe("What the person can do."),
    code: z.string().describe("A code of docs/errors.md."),
  })
  .meta({ id: "Problem" });

// approvals and questions

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

// deploys

const setupShape = z.object({
  kind: z.string().describe("domain, payments, login or another short word."),
  name: z.string(),
  state: z.enum([...DOMAIN_STATES, ...SETUP_STATES]),
  records: z.array(z.string()).readonly().optional(),
  detail: z.string().optional(),
  url: z.string().optional(),
  at: epochMs.optional(),
});

export const deployShape = z
  .object({
    type: z.literal("deploy"),
    id: z.string(),
    deploy_id: z.string().optional().describe("Its maker's id."),
    app: z.string(),
    environment: z.string(),
    state: z.enum(DEPLOY_STATES),
    revision: deployReport.shape.revision.unwrap().strip().omit({ repository: true }).optional(),
    urls: z.object({ live: z.string().optional(), preview: z.string().optional(), logs: z.string().optional() }),
    setups: z.array(setupShape).readonly().optional(),
    failureTail: z.string().optional(),
    elapsedMs: z.number().optional(),
    notes: z.array(z.string()).readonly().optional(),
    trouble: z.string().optional().describe("Reported live, and its address does not answer: why."),
    offers: z.array(z.enum(DEPLOY_WISHES)).readonly().optional(),
    createdAt: epochMs,
    updatedAt: epochMs,
    live: z
      .object({ id: z.string(), deploy_id: z.string().optional(), since: epochMs, words: z.string() })
      .optional()
      .describe("What is live in its app and environment although it is another one; in a list only beside the latest of each."),
  })
  .meta({ id: "Deploy" });
export const deployQuery = z.object({
  app: z.string().max(100).optional(),
  environment: z.string().max(60).optional().describe("Of the app, where one is named. Default: every one."),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export const deployId = z.object({ id: z.string().min(1).max(200).describe("The hub's id, or its maker's.") });
export const deployDetail = deployShape.extend({
  course: z.array(z.object({ state: z.enum(DEPLOY_STATES), at: epochMs })).describe("The states it was in, and since when."),
  trace: z.string(),
});
export const deployList = z.object({ deploys: z.array(deployShape) });
export const deployTaken = z.object({
  deploy_id: z.string().optional().describe("Its maker's id, else the hub's."),
  id: z.string().optional().describe("The hub's id."),
  environment: z.string(),
  state: z
    .enum(DEPLOY_STATES)
    .optional()
    .describe("What the deploy counts as now: another state than was reported where that came too late."),
  changed: z.boolean().describe("False: it said nothing new, and nothing was announced."),
  trace: z.string(),
});

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
