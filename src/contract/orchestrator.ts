/**
 * The contract between the hub and whatever runs the orchestrator. One driver instance serves one configured orchestrator.
 * What an agent may raise by itself (an approval, a question, a canvas, a deploy) has a zod schema here, since it comes from outside.
 */
import type { Keyv } from "keyv";
import { z } from "zod";
import type { CanvasShare } from "./canvas.ts";
import type { SessionKey } from "./ids.ts";
import { ACTION_CLASSES, type Attachment, DEPLOY_STATES, DOMAIN_STATES, formField, SETUP_STATES } from "./message.ts";
import type { CheckResult, ConnectorLog, Files, Unsubscribe } from "./connector.ts";
import type { ErrorCode } from "./errors.ts";

// What an agent may raise

export const approvalAsk = z.object({
  title: z.string().min(1).max(300),
  /** The exact action. Its canonical JSON is what is shown, decided and executed. */
  action: z.record(z.string(), z.json()),
  /** Absent: the hub classifies by tool; unknown is `red`. */
  class: z.enum(ACTION_CLASSES).optional(),
  tool: z.string().max(200).optional(),
  /** What it is done to. A rule about what is left out holds. */
  app: z.string().min(1).max(100).optional(),
  environment: z.string().min(1).max(60).optional(),
  reason: z.string().max(2000).optional(),
});
export type ApprovalAsk = z.infer<typeof approvalAsk>;

export const questionAsk = z.object({
  text: z.string().min(1).max(4000),
  fields: z.array(formField).min(1).max(10),
  url: z.url({ protocol: /^https?$/ }).optional(),
});
export type QuestionAsk = z.infer<typeof questionAsk>;

const link = z.url({ protocol: /^https?$/, error: "must be an address that begins with https:// or http://" }).max(2000);

const setupFacts = {
  detail: z.string().max(300).optional(),
  /** Where it goes on. */
  url: z
    .url({
      protocol: /^https$/,
      error: "must be an address that begins with https://, so that nobody reads on its way what is entered there",
    })
    .max(2000)
    .meta({ pattern: "^https://" })
    .optional()
    .describe("Where it goes on, such as where the credential is entered: never in the chat."),
  /** When it came to this state, epoch ms: which of two steps is the later one, whatever order they are reported in. */
  at: z.number().int().nonnegative().optional(),
};

const domainStep = z.strictObject({
  name: z.string().min(1).max(253),
  state: z.enum(DOMAIN_STATES),
  records: z.array(z.string().max(500)).max(20).optional(),
  ...setupFacts,
});

const setupStep = z.strictObject({
  kind: z
    .string()
    .regex(/^[a-z][a-z0-9 -]{0,29}$/)
    .describe("What is set up: payments, login, or another short word."),
  name: z.string().min(1).max(100).describe("Who provides it."),
  state: z.enum(SETUP_STATES),
  ...setupFacts,
});

/** What it does not name is refused: a misspelt field must not vanish. */
export const deployReport = z.strictObject({
  /** The maker's id of this deploy; the same id again is the same deploy. Absent: see `findDeploy`. */
  deploy_id: z.string().min(1).max(200).optional(),
  app: z.string().min(1).max(100),
  environment: z.string().min(1).max(60).default("production"),
  state: z.enum(DEPLOY_STATES),
  revision: z
    .strictObject({
      sha: z.string().max(64).optional(),
      ref: z.string().max(200).optional(),
      subject: z.string().max(300).optional(),
      author: z.string().max(200).optional(),
      /** Of a repository that shows what two revisions differ in at `/compare/OLD...NEW` below it. */
      repository: link.optional(),
    })
    .optional(),
  /** When the maker began with it, epoch ms: which of two deploys is the newer one, whatever order they are reported in. */
  began_at: z.number().int().nonnegative().optional(),
  urls: z.strictObject({ live: link.optional(), preview: link.optional(), logs: link.optional() }).default({}),
  domain: domainStep.optional(),
  setup: setupStep.optional(),
  failure_tail: z.string().max(20_000).optional(),
});
export type DeployReport = z.infer<typeof deployReport>;

/** A report as it comes in. It may leave the state as it is, with news of a domain or another set-up alone; and its environment to the hub. */
export const deployNews = deployReport
  .partial({ state: true })
  .extend({
    environment: deployReport.shape.environment
      .unwrap()
      .optional()
      .describe("Default: production; of a preview (urls.preview without urls.live) an environment of its own, by its ref or its host."),
  })
  .refine(({ state, domain, setup }) => state !== undefined || domain !== undefined || setup !== undefined, {
    path: ["state"],
    error: "is left out only beside a domain or a setup",
  })
  .meta({ anyOf: [{ required: ["state"] }, { required: ["domain"] }, { required: ["setup"] }] });
export type DeployNews = z.infer<typeof deployNews>;

// Events

/** Where an answer goes: the live request of the agent, valid only while `epoch` (one life of its process) lasts. */
export interface AskHandle {
  readonly requestId: string;
  readonly epoch: string;
}

export interface StepReport {
  readonly id: string;
  readonly title?: string | undefined;
  readonly state?: "pending" | "running" | "done" | "failed" | undefined;
  readonly summary?: string | undefined;
}

/** Everything a driver can report. In order, per session. */
export type OrchestratorEvent =
  | { readonly type: "text_delta"; readonly text: string }
  /** A whole block of the answer; what was streamed before it as deltas is part of it only if it is repeated here. */
  | { readonly type: "text"; readonly text: string }
  /** A file for the person, already kept by the hub. */
  | { readonly type: "file"; readonly attachment: Attachment }
  | ({ readonly type: "tool" } & StepReport)
  | { readonly type: "plan"; readonly steps: readonly StepReport[] }
  | ({ readonly type: "subagent" } & StepReport)
  /** `usedBy`: what uses the approval up, that the asker is told (the default) or that whoever carries it out hands in its grant. */
  | {
      readonly type: "approval_request";
      readonly ask: ApprovalAsk;
      readonly handle: AskHandle;
      readonly askId?: string | undefined;
      readonly usedBy?: "telling" | "grant" | undefined;
    }
  | { readonly type: "question"; readonly ask: QuestionAsk; readonly handle: AskHandle; readonly askId?: string | undefined }
  /**
   * The asker no longer waits. After `agent_died` the request stays open: the decision reaches the agent in a turn of its own. `done`: what
   * people were asked to do is done.
   */
  | { readonly type: "ask_withdrawn"; readonly handle: AskHandle; readonly because: "agent_died" | "cancelled" | "done" }
  /** `canvasId`, `askId`: given where the asker must know the hub's id at once (MCP); else the hub draws one. */
  | { readonly type: "canvas"; readonly share: CanvasShare; readonly canvasId?: string | undefined }
  | { readonly type: "deploy"; readonly report: DeployNews }
  | {
      readonly type: "usage";
      readonly agent: string;
      readonly model: string;
      readonly input: number;
      readonly output: number;
      readonly cacheRead: number;
      readonly cacheWrite: number;
    }
  | {
      readonly type: "budget";
      readonly window: string;
      readonly usedShare: number;
      readonly resetsAt?: number | undefined;
      readonly confidence: "user" | "provider" | "estimated" | "unknown";
    }
  /** `detail` is a sentence for people. `agentSessionId` is the new one to store when the agent began another conversation by itself (`session_lost` after a crash). */
  | {
      readonly type: "lifecycle";
      readonly phase: "started" | "crashed" | "restarted" | "session_new" | "session_resumed" | "session_lost";
      readonly detail?: string | undefined;
      readonly agentSessionId?: string | undefined;
    }
  | { readonly type: "notice"; readonly level: "info" | "warning" | "error"; readonly text: string }
  | { readonly type: "turn_end"; readonly turnId: string; readonly outcome: TurnOutcome; readonly reason?: string | undefined };

/**
 * `lost`: the driver cannot know whether the agent finished (it died): the hub delivers the turn again with a visible mark.
 * `rejected`: the agent said no, and saying it again would not help.
 */
export type TurnOutcome = "done" | "stopped" | "failed" | "lost" | "rejected";

export interface SessionEvent {
  readonly session: SessionKey;
  /** The turn this belongs to; absent when the agent speaks on its own. */
  readonly turnId?: string | undefined;
  /** The same again is the same event: what it shows is shown once, also after a crash of the hub. Absent: every event is another. */
  readonly eventId?: string | undefined;
  readonly event: OrchestratorEvent;
}

// The driver

export interface SessionRequest {
  readonly session: SessionKey;
  /** What the agent called this conversation last time; a driver that can resumes it. */
  readonly agentSessionId?: string | undefined;
  readonly tenantId: string;
  /** What people chose of `options`, by name. A driver passes each on once, and again when it opens the session anew. */
  readonly wishes?: Readonly<Record<string, string>> | undefined;
}

/** Something an agent lets people choose in a session: its model, a mode of its own. */
export interface AgentOption {
  readonly name: string;
  readonly label: string;
  /** One of `values`. */
  readonly value: string;
  readonly values: readonly { readonly value: string; readonly label: string }[];
}

export interface OpenedSession {
  /** The agent's own id of the conversation, to be stored by the hub. */
  readonly agentSessionId?: string | undefined;
  readonly how: "new" | "resumed" | "lost_and_new";
}

export interface Turn {
  readonly turnId: string;
  readonly session: SessionKey;
  readonly trace: string;
  readonly text: string;
  /** 1 the first time. Above 1 the text already carries the visible mark that it may be a duplicate. */
  readonly attempt: number;
  readonly tenantId: string;
  readonly person: { readonly id: string; readonly name: string; readonly dir: string };
  readonly attachments: readonly Attachment[];
}

/** What really happened to a turn: `accepted` the agent has it, `queued` it waits there, `pasted` it was typed but nothing confirms it. */
export type DeliverOutcome =
  | { readonly outcome: "accepted" | "queued" | "pasted" }
  | { readonly outcome: "rejected" | "unknown"; readonly reason: string }
  /** The agent certainly has not got it (it is down, busy or not signed in): keep the turn queued and try again later. No `turn_end` follows. */
  | { readonly outcome: "unavailable"; readonly reason: string; readonly code: ErrorCode };

export type Answer =
  | { readonly type: "approval"; readonly handle: AskHandle; readonly approved: boolean; readonly reason?: string | undefined }
  | {
      readonly type: "question";
      readonly handle: AskHandle;
      readonly values?: Readonly<Record<string, string | number | boolean>> | undefined;
    };

export interface DriverHealth {
  /** Answered within the configured time. "The process is there" is not enough. */
  readonly answered: boolean;
  /** Epoch ms of the last answer. */
  readonly lastAnswerAt?: number | undefined;
  readonly detail?: string | undefined;
  readonly facts?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export interface OrchestratorDriver {
  readonly driver: string;
  /** Must be called before `deliver` in every life of the hub; may be called again for the same session. Rejects with a HubError. */
  open(request: SessionRequest): Promise<OpenedSession>;
  /**
   * Resolves as soon as the agent has the turn or certainly has not; the end comes as `turn_end`, after a quick answer even before this
   * has resolved. Never rejects. `rejected`, `unavailable` and `unknown` are followed by no `turn_end`.
   */
  deliver(turn: Turn): Promise<DeliverOutcome>;
  /** Asks the agent to end the running turn of this session; the end still comes as `turn_end`. */
  cancel(session: SessionKey): Promise<void>;
  /** False when nobody waits for it any more (the asker died). */
  answer(answer: Answer): Promise<boolean>;
  health(): Promise<DriverHealth>;
  /** How long an answer to `health` may take, ms. Default 5000. */
  readonly healthWithinMs?: number;
  /** Ends sessions and processes. May be called twice. */
  close(): Promise<void>;
  /** The handler is awaited: the next event of the same session comes only after it has resolved. */
  onEvent(handler: (event: SessionEvent) => Promise<void>): Unsubscribe;
  /**
   * Asked at the hub's start about a turn that was under way when it stopped: true when the agent still has it, or has ended it meanwhile, so that
   * its `turn_end` comes though it is not delivered again. Absent: nobody knows.
   */
  holds?(turnId: string, session: SessionKey): Promise<boolean>;
  /** Puts a message into the running turn. Absent: cannot. */
  steer?(turn: Turn): Promise<DeliverOutcome>;
  /** What can be chosen in this session, as far as the agent has said so in this life; asks nobody. Absent: nothing. */
  options?(session: SessionKey): readonly AgentOption[] | undefined;
  /** For `doctor`: what is wrong with the agent's set-up, without a session. */
  check?(): Promise<readonly CheckResult[]>;
}

/** How a session of an agent reaches the hub's own MCP server. The token knows its session and cannot decide anything. */
export interface McpAccess {
  readonly url: string;
  readonly token: string;
}

export interface DriverContext {
  readonly alias: string;
  /** Durable private state, e.g. which processes to end after a crash. */
  readonly state: Keyv;
  /** The hub's data folder; a driver may keep sockets and working folders below `agents/`. */
  readonly dataDir: string;
  /** Of several orchestrators each but the first has this folder below `agents/`, so that none works in another's. */
  readonly ownFolder?: string | undefined;
  readonly now: () => number;
  readonly log: ConnectorLog;
  readonly files: Files;
  /** Mints access for one session; revoked when the session is closed or opened again. */
  readonly mcp: (session: SessionKey) => McpAccess | undefined;
}

export type DriverFactory = (config: unknown, context: DriverContext) => OrchestratorDriver;

export interface DriverDefinition {
  readonly driver: string;
  readonly summary: string;
  readonly config: z.ZodType;
  readonly load: () => Promise<DriverFactory>;
}
