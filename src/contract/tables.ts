/**
 * The rows of the store. A row is plain JSON; `INDEXED` names the fields an engine keeps as columns, and only those can be searched by.
 * Times are epoch milliseconds. No engine, no SQL here.
 */
import type { CanvasFields, RevisionFields, ViewFields } from "./canvas.ts";
import type { BudgetFields } from "./budget.ts";
import type { Address, SessionKey } from "./ids.ts";
import type { DeployFields } from "./deploys.ts";
import type { AskHandle, ApprovalAsk, QuestionAsk, TurnOutcome } from "./orchestrator.ts";
import type { TurnMark } from "./connector.ts";
import type { ActionClass, ApprovalState, Attachment, OnlyTo, OutboundMessage, PersonEvent, ProgressCard, Receipt } from "./message.ts";

/** What the engine adds to every row. */
export interface RowBase {
  readonly id: string;
  /** Rises by one with every change; the value a writer saw is what it expects. */
  readonly version: number;
  /** Order of insertion, across the table. */
  readonly seq: number;
  readonly tenantId: string;
  /** The node that wrote the row. */
  readonly host: string;
  /** Who caused it: a person id, an orchestrator name or `hub`. */
  readonly actorId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One event from a platform. Its id is account and platform event id, so that none is taken twice. */
export interface InboxFields {
  account: string;
  address: Address;
  sender: string;
  personId: string | null;
  trace: string;
  /** `recorded`: journalled, not yet authorised and routed · `routed`: waits for its handler · `done` · `refused` · `dead`: set aside. */
  status: "recorded" | "routed" | "done" | "refused" | "dead";
  /** How many lives of the hub have tried it, where that is more than the one it came in. */
  lives?: number | undefined;
  /** The lane it waits in; null for control, which never waits. */
  sessionKey: SessionKey | null;
  handler: string | null;
  /** Null for strangers: of them we keep ids, never text. */
  event: PersonEvent | null;
  /** When each step was done. */
  times: Partial<Record<"received" | "routed" | "handled", number>>;
  refusal?: string | undefined;
}

/** One thing to tell a platform: journalled before it is tried. */
export interface OutboxFields {
  account: string;
  address: Address;
  /** `addressKey(address)`: FIFO within it. */
  lane: string;
  state: "queued" | "sending" | "sent" | "unknown" | "failed" | "dead";
  urgency: "urgent" | "reply" | "notice" | "progress";
  trace: string;
  op:
    | {
        readonly type: "send";
        readonly message: OutboundMessage;
        /** Outbox id of the message to change in place. */ readonly editsOutboxId?: string | undefined;
        /** Outbox id of the message in whose thread this is said, where the platform opens threads from messages; else beside it. */
        readonly underOutboxId?: string | undefined;
        readonly onlyTo?: OnlyTo | undefined;
      }
    | { readonly type: "react"; readonly target: Receipt; readonly emoji: string }
    | { readonly type: "turn_end"; readonly mark: TurnMark };
  /** A queued row with the same key and lane is replaced in its place rather than joined by another. */
  coalesceKey: string | null;
  /** What this shows, e.g. `approval:<id>`: every copy of a card is found by it. */
  subject: string | null;
  attempts: number;
  /** Not before, epoch ms. */
  notBefore: number;
  /** One for each part that has left. */
  receipts: readonly Receipt[];
  /** Index of a later part that may have been sent before, to carry a mark. */
  doubtfulPart?: number | undefined;
  lastError?: string | undefined;
  /** The latest attempts that failed, with what the platform said. */
  tries?: readonly { readonly at: number; readonly attempt: number; readonly verdict: string; readonly reason: string }[] | undefined;
  /** Whose budget was spent when it began to wait for the platform's pace (`times.held`). */
  heldBy?: "account" | "chat" | undefined;
  /** `unknown`: since when it may have arrived though the platform gave no answer; it stays when the message was found, or sent again. */
  times: Partial<Record<"held" | "sending" | "sent" | "unknown", number>>;
}

export interface BindingFields {
  /** The id is `addressKey(address)`. */
  address: Address;
  sessionKey: SessionKey;
  /** How many sessions this address has had before the present one. */
  generation: number;
  /** A chat without a thread, in which people talk to each other, too: only what mentions the bot is meant for it. */
  needsMention?: boolean | undefined;
  /** It was brought into such a chat on purpose: a mention there is meant for it, and opens no thread. */
  keepsMentions?: boolean | undefined;
}

export interface SessionFields {
  /** The id is the session key. */
  orchestrator: string;
  /** Where answers go when nothing says otherwise: the address of the latest message. */
  address: Address;
  agentSessionId: string | null;
  title: string;
  status: "open" | "closed";
  busyMode: BusyMode;
  /** What people chose of the agent's options here, by name. */
  wishes?: Readonly<Record<string, string>>;
}

/**
 * What is done with a message that comes while the agent works. `queue`: it waits · `collect`: what waits becomes one prompt ·
 * `interrupt`: the running turn is stopped for it · `steer`: it is passed into the running turn, where the driver can.
 */
export const BUSY_MODES = ["queue", "collect", "interrupt", "steer"] as const;
export type BusyMode = (typeof BUSY_MODES)[number];

/** One operator message and all the orchestrator does about it. */
export interface TurnFields {
  sessionKey: SessionKey;
  orchestrator: string;
  trace: string;
  /** `queued` waits · `prompting` the intent is written, the agent may have it · `running` the agent has it · the rest is the end. */
  state: "queued" | "prompting" | "running" | "done" | "failed" | "stopped";
  address: Address;
  personId: string;
  /** The inbox row it came from; null when the hub itself tells the agent something, e.g. a decision made after the asker died. */
  inboxId: string | null;
  text: string;
  attachments: readonly Attachment[];
  /** Later messages of the same person that became part of this turn. Each gets its own end. */
  joined?: readonly JoinedMessage[] | undefined;
  /** It is to be passed into the turn that runs, rather than to wait for it. */
  steers?: boolean | undefined;
  /** A person asked for its end: it is never delivered again. */
  stopping?: boolean | undefined;
  /** Outbox id of the message in which the block being written is shown; its final text changes that message. */
  draft?: string | undefined;
  attempt: number;
  /** Set when the turn was delivered more than once, with the reason people were told. */
  mark?: string | undefined;
  progress?: ProgressCard | undefined;
  outcome?: TurnOutcome | undefined;
  reason?: string | undefined;
  times: Partial<Record<"prompting" | "accepted" | "firstText" | "ended", number>>;
}

export interface JoinedMessage {
  readonly inboxId: string | null;
  readonly trace: string;
  readonly address: Address;
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

export type Role = "viewer" | "operator" | "approver" | "admin";

export interface PersonFields {
  name: string;
  /** A safe directory name: lower-case letters, digits and hyphens, unique, never a path. */
  dir: string;
  roles: readonly Role[];
  /** Where the configuration or a pairing says this person writes from. `paired`: not by the configuration, which then leaves it alone. */
  accounts: readonly { readonly account: string; readonly sender: string; readonly paired?: true | undefined }[];
  /** `pairing`: taken in while the hub ran, by an admin. */
  source: "config" | "pairing" | "local";
  pinHash: string | null;
  pinFailures: number;
  pinLockedUntil: number;
}

/** What a token may be used for; `admin` includes managing people and tokens. None of them is enough to decide anything. */
export const SCOPES = ["read", "chat", "deploys", "ask", "consume", "orchestrate", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** A secret handed out, whose SHA-256 is the row's id; the secret itself is nowhere. A revoked or used one is deleted. */
export interface CredentialFields {
  /** `token`: for programs, as `Authorization: Bearer` · `link`: signs a browser in, once · `browser`: the cookie it got for it. */
  kind: "token" | "link" | "browser";
  /** Whom it speaks for. */
  personId: string;
  /** What people call it. */
  name: string;
  scopes: readonly Scope[];
  /** Of a link: the person was sure when it was made, so that whoever opens it need not prove it again. */
  proved: boolean;
  /** Epoch ms, null for ever. */
  expiresAt: number | null;
}

/** A stranger who asked to be known, by account and sender, which are the row's id. Of what they wrote nothing is kept. */
export interface PairingFields {
  account: string;
  sender: string;
  /** What they call themselves, printable; shown, never compared. */
  name?: string | undefined;
  /** The direct chat in which they were told their code. */
  address: Address;
  /** SHA-256 of the code, hex. */
  code: string;
  state: "pending" | "accepted" | "denied";
  issuedAt: number;
  expiresAt: number;
}

/** Who must agree, and how; frozen into the request as it is made. */
export interface ApprovalPolicy {
  /** The names of the rules that hold. */
  readonly rules: readonly string[];
  /** A voter holds one role of each of these lists; with an empty list among them nobody may vote. */
  readonly roles: readonly (readonly Role[])[];
  /** So many people approve it. */
  readonly quorum: number;
  /** So many people who deny it end it. */
  readonly denyQuorum: number;
  /** The person whose message led to the request may not vote, from whatever account. */
  readonly excludesRequester: boolean;
  readonly expiryMs: number;
  readonly executionWindowMs: number;
  /** To approve it its code is typed. */
  readonly stepUp: boolean;
  /** Chats that hear of it beside the thread it was asked in: all of them, or with `isFallback` the next only when those before cannot be reached. */
  readonly chats: readonly Address[];
  readonly isFallback: boolean;
  /** Chats that hear of it when nobody has decided for so long. */
  readonly escalation: readonly { readonly afterMs: number; readonly chats: readonly Address[] }[];
}

/** One person's vote, with the name they had. */
export interface Vote {
  readonly personId: string;
  readonly name: string;
  readonly verdict: "approve" | "deny";
  readonly reason: string | null;
  /** Where it was cast: an account, `console`, `canvas` or `cli`. */
  readonly via: string;
  readonly at: number;
}

/** Chats that hear of a request later, unless it is decided, or unless a chat before them shows it. */
export interface ScheduledChats {
  readonly at: number;
  readonly chats: readonly Address[];
  readonly unless: "decided" | "shown";
}

/** An approval or a question: the same record, a question has no grant. */
export interface ApprovalFields {
  kind: "approval" | "question";
  code: string;
  state: ApprovalState | "answered";
  /** Null when it was asked from outside any session. */
  sessionKey: SessionKey | null;
  /** Who asks: an orchestrator, or the name of the token that a program asked with. */
  orchestrator: string;
  /** The name of the person whose wish it is; absent where that orchestrator or program asks by itself. */
  askedBy?: string | undefined;
  /** What uses an approval up: that its asker is told, or that its grant is handed in. */
  usedBy: "telling" | "grant";
  trace: string;
  address: Address;
  /** The person whose message led to the request. */
  requesterId: string | null;
  ask: ApprovalAsk | QuestionAsk;
  class: ActionClass | null;
  /** SHA-256, hex, over the canonical JSON of the exact action; null for questions. */
  digest: string | null;
  /** A request whose words are the same, and whose action is not, was pending as this one was made. */
  similarPending: boolean;
  policy: ApprovalPolicy;
  votes: readonly Vote[];
  /** Those who are still to hear of it, the next one first. */
  later: readonly ScheduledChats[];
  expiresAt: number;
  /** The turn in which it was asked; null when the agent spoke on its own. */
  turnId: string | null;
  /** Everybody who waits for the decision and has not been told. Empty once all were. */
  waiting: readonly AskHandle[];
  /** The person whose vote, or answer, ended it. */
  decidedBy: string | null;
  /** The names of those who decided, as they were then. */
  decider: string | null;
  decidedAt: number | null;
  decisionReason: string | null;
  values: Readonly<Record<string, string | number | boolean>> | null;
  consumedAt: number | null;
}

/** One place where a card is shown; the id is subject and address key. */
export interface CopyFields {
  subject: string;
  address: Address;
  outboxId: string;
}

/** Tokens spent in one hour by one agent and model. The id is hour, agent and model. */
export interface UsageFields {
  hour: number;
  agent: string;
  model: string;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** Append-only; `hash` covers the entry and the hash before it. Written only by the `audit` write. */
export interface AuditFields {
  what: string;
  subject: string;
  facts: Readonly<Record<string, string | number | boolean | null>>;
  previousHash: string;
  hash: string;
}

/** Who may do a piece of work just now; the row's version is the fencing token. */
export interface LeaseFields {
  holder: string;
  expiresAt: number;
}

export interface KvFields {
  value: string;
  /** Epoch ms, null for ever. */
  expiresAt: number | null;
}

export interface TableFields {
  inbox: InboxFields;
  outbox: OutboxFields;
  bindings: BindingFields;
  sessions: SessionFields;
  turns: TurnFields;
  people: PersonFields;
  credentials: CredentialFields;
  pairings: PairingFields;
  approvals: ApprovalFields;
  copies: CopyFields;
  deploys: DeployFields;
  canvases: CanvasFields;
  revisions: RevisionFields;
  views: ViewFields;
  usage: UsageFields;
  budgets: BudgetFields;
  audit: AuditFields;
  leases: LeaseFields;
  kv: KvFields;
}

export type TableName = keyof TableFields;
/** Ids that are more than any text. */
interface RowIds {
  sessions: SessionKey;
}
export type RowId<T extends TableName> = T extends keyof RowIds ? RowIds[T] : string;
export type Row<T extends TableName> = RowBase & { readonly id: RowId<T> } & Readonly<TableFields[T]>;

/** The fields one may search by. Adding one needs a migration in every engine. */
export const INDEXED = {
  inbox: ["account", "status", "sessionKey", "trace", "sender"],
  outbox: ["account", "lane", "state", "trace", "coalesceKey", "subject", "notBefore"],
  bindings: ["sessionKey"],
  sessions: ["orchestrator", "status"],
  turns: ["sessionKey", "state", "trace", "inboxId"],
  people: ["source"],
  credentials: ["kind", "personId", "expiresAt"],
  pairings: ["account", "sender", "code", "state"],
  approvals: ["kind", "code", "state", "digest", "sessionKey", "trace", "expiresAt"],
  copies: ["subject"],
  deploys: ["slot", "state", "trace"],
  canvases: ["sessionKey", "code", "state", "expiresAt"],
  revisions: ["canvasId"],
  views: ["canvasId", "personId"],
  usage: ["hour"],
  budgets: ["orchestrator"],
  audit: ["what", "subject"],
  leases: ["expiresAt"],
  kv: ["expiresAt"],
} as const satisfies { [T in TableName]: readonly (keyof TableFields[T])[] };

export const TABLE_NAMES = Object.keys(INDEXED) as TableName[];
