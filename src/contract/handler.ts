/**
 * The contract of a handler: given what happened and a view of the store, it returns a unit of work. It calls no platform,
 * no agent and no clock, so it may be run again from the start when its unit meets a conflict.
 */
import { type Address, addressKey, newId } from "./ids.ts";
import type { Ack, Card, OnlyTo, OutboundMessage, PersonEvent } from "./message.ts";
import type { DeployOutcome, DeployRules, UrlAnswer } from "./deploys.ts";
import type { AgentOption, Answer, ApprovalAsk, DeployNews, OrchestratorEvent, StepReport } from "./orchestrator.ts";
import type { ApprovalRules } from "./policy.ts";
import { type Expectation, insert, type StoreReader, type Write } from "./store.ts";
import type { BusyMode, OutboxFields, Row } from "./tables.ts";

/** What a handler may look at. */
export interface View {
  readonly store: StoreReader;
  /** Epoch ms, the same for the whole unit of work. */
  readonly now: number;
  readonly settings: HandlerSettings;
  /** Facts about the living hub that no row holds, for `health` and `status`. */
  readonly live: LiveFacts;
}

export interface HandlerSettings {
  readonly tenantId: string;
  readonly approvals: ApprovalRules;
  readonly deploys: DeployRules;
  /** At most this many turns may wait in one session. */
  readonly queuePerSession: number;
  /** Whom people can talk to; the first answers where nothing else was chosen. */
  readonly orchestrators: readonly OrchestratorSeat[];
  /** How much one person may say in a minute, over all accounts; control is never limited. */
  readonly messagesPerMinute: number;
  /** How long a stranger's code can be accepted. */
  readonly pairingExpiryMs: number;
  /** The hub's own faces, on which everybody writes as their person id once signed in. */
  readonly localAccounts: readonly string[];
  /** Where the hub can be reached from a person's browser, without a trailing slash. Absent: nowhere. */
  readonly publicUrl?: string | undefined;
  /** Where the hub can be reached on its own machine, without a trailing slash; known once its port is open. */
  readonly localUrl?: () => string;
  /** The alias people see of each orchestrator; of "" that of the one who answers where nothing else was chosen. */
  readonly aliasOf: (orchestrator: string) => string;
  /** Masks secrets before a text is cut or drawn; of the texts in `exempt`, typed fields that stand in it, only registered ones. */
  readonly redact: (text: string, exempt?: readonly string[]) => string;
  /** Whether a link in the answer to a press can be followed on this account. */
  readonly canFollowLinks: (account: string) => boolean;
  /** Whether something can be said to one person alone where others read, too. */
  readonly canWhisper: (account: string) => boolean;
  /** Chats that hear of what belongs to no thread: the home chat of each account. */
  readonly homes: readonly Address[];
  /** The chat that is told the head of the audit log once a day. */
  readonly auditHeadTo?: Address | undefined;
}

/** An orchestrator as people choose it. */
export interface OrchestratorSeat {
  /** In session keys; never changes. */
  readonly name: string;
  /** What people see. */
  readonly alias: string;
  /** What a new conversation with it does with a message that comes while it works. */
  readonly busyMode: BusyMode;
  /** Where conversations begin with it unless another one is named: what a rule leaves out fits. */
  readonly chats: readonly { readonly [K in keyof Address]?: Address[K] | undefined }[];
}

export interface LiveFacts {
  /** One line for each connector and orchestrator, already in words. */
  health(): Promise<readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]>;
  /** What people may choose in a session, as far as its agent has said so; undefined when it has not. */
  options(session: Row<"sessions">): readonly AgentOption[] | undefined;
}

/** A person did something, it is journalled, and they may. */
export interface FromPerson<E extends PersonEvent = PersonEvent> {
  readonly row: Row<"inbox">;
  readonly event: E;
  readonly person: Row<"people">;
  readonly session: Row<"sessions"> | undefined;
}

/** An event of a person and the tested proof that came with it, from the CLI or a signed-in page. */
export interface Decision {
  readonly approvalId: string;
  /** `withdraw` takes back a vote while nothing is decided. */
  readonly verdict: "approve" | "deny" | "withdraw";
  readonly reason?: string | undefined;
  /** What was typed as the request's code, where a press alone does not do. */
  readonly typedCode?: string | undefined;
  /** Approved, and exactly the same is not asked again for a while. */
  readonly always?: boolean | undefined;
  readonly person: Row<"people">;
  /** Where it was made, for the audit log: a connector's kind, `cli`, … */
  readonly via: string;
}

/** A gated action asked about from outside any session: by a program with a token. */
export interface OutsideAsk {
  /** The id it gets where it is a new request. */
  readonly approvalId: string;
  readonly ask: ApprovalAsk;
  /** What people see as the asker. */
  readonly asker: string;
  readonly requesterId: string;
  /** Where it is shown. */
  readonly address: Address;
  readonly trace: string;
  /** Who is called once it is decided. */
  readonly answerTo?: string | undefined;
  readonly delivery?: Delivery | undefined;
}

export interface AskedWork extends Work {
  /** The request it is, or has joined. */
  readonly approvalId: string;
}

/** A deploy reported from outside any session. */
export interface Announcement {
  readonly report: DeployNews;
  readonly trace: string;
  readonly delivery?: Delivery | undefined;
}

/** What came once more under one of these keys has been taken already; with another digest it is refused. */
export interface Delivery {
  readonly keys: readonly string[];
  /** Of what it holds. */
  readonly digest: string;
}

export interface AnnouncedWork extends Work {
  readonly outcome: DeployOutcome;
}

/** What the address of a deploy answered. */
export interface UrlChecked {
  readonly deployId: string;
  readonly url: string;
  readonly answer: UrlAnswer;
}

/** What somebody sent back from a canvas, who was proved by a link of their own or is signed in. */
export interface Submission {
  readonly canvasId: string;
  /** The same id again is the same submission. */
  readonly id: string;
  readonly person: Row<"people">;
  /** What was filled in is of this version. */
  readonly revision: number;
  readonly button: string;
  /** As they stand in the form, by field name. */
  readonly values: Readonly<Record<string, string>>;
}

/** The orchestrator did something in a session. */
export interface FromOrchestrator<E extends HandlerEvent = HandlerEvent> {
  readonly session: Row<"sessions">;
  readonly turn: Row<"turns"> | undefined;
  readonly trace: string;
  /** The same again is the same event. Absent: it is another. */
  readonly eventId?: string | undefined;
  readonly event: E;
}

/** Reports that belong to one progress card, gathered while the last change of the card was being written. */
export interface ProgressReports {
  readonly type: "progress";
  readonly reports: readonly ({ readonly kind: "tool" | "subagent" } & StepReport)[];
  readonly plan?: readonly StepReport[] | undefined;
}

export type HandlerEvent = Exclude<OrchestratorEvent, { type: "text_delta" | "tool" | "plan" | "subagent" }> | ProgressReports;

/** Something to do once the unit is committed, that is no row: to be repeatable, since it may be lost with the process. */
export type Effect =
  | { readonly type: "answer"; readonly orchestrator: string; readonly approvalId: string; readonly answer: Answer }
  /** With `turnId` only while that one is running. */
  | {
      readonly type: "cancel";
      readonly orchestrator: string;
      readonly session: Row<"sessions">["id"];
      readonly turnId?: string | undefined;
    }
  /** Looks whether an address answers; what it did comes to `checked`. Nobody waits for it. */
  | { readonly type: "check_url"; readonly deployId: string; readonly url: string }
  /** Reacts to a person's message, so that they see it was taken though it waits. */
  | { readonly type: "seen"; readonly address: Address; readonly messageId: string };

export interface Work {
  readonly expect?: readonly Expectation[] | undefined;
  readonly writes: readonly Write[];
  readonly effects?: readonly Effect[] | undefined;
  /** What the platform is told inside its acknowledgement; only for control. */
  readonly ack?: Ack | undefined;
}

type Of<U extends { type: string }, K extends U["type"]> = Extract<U, { type: K }>;

export interface Handler {
  readonly name: string;
  /** Events from people. `control` says which never wait in a lane. */
  readonly person?: { readonly [K in PersonEvent["type"]]?: (from: FromPerson<Of<PersonEvent, K>>, view: View) => Promise<Work> };
  readonly orchestrator?: {
    readonly [K in HandlerEvent["type"]]?: (from: FromOrchestrator<Of<HandlerEvent, K>>, view: View) => Promise<Work>;
  };
  readonly decision?: (decision: Decision, view: View) => Promise<Work>;
  readonly outsideAsk?: (asked: OutsideAsk, view: View) => Promise<AskedWork>;
  /** A deploy reported from outside any session: by the CLI, the API or a webhook. */
  readonly announcement?: (announcement: Announcement, view: View) => Promise<AnnouncedWork>;
  /** A form or button of a canvas. Throws a HubError where it is not taken. */
  readonly submission?: (submission: Submission, view: View) => Promise<Work>;
  readonly checked?: (checked: UrlChecked, view: View) => Promise<Work>;
  /** Work that has become due (a deadline); undefined when there is none. Called after every wake-up and at `nextDue`. */
  readonly due?: (view: View) => Promise<Work | undefined>;
  /** Epoch ms of the next deadline, undefined when there is none. */
  readonly nextDue?: (view: View) => Promise<number | undefined>;
}

// Building outbox rows

export interface Saying {
  readonly address: Address;
  readonly trace: string;
  /** Given where the same thing may be asked for again. Default: a new one. */
  readonly id?: string | undefined;
  readonly text: string;
  readonly urgency: OutboxFields["urgency"];
  readonly card?: Card | undefined;
  readonly subject?: string | undefined;
  readonly coalesceKey?: string | undefined;
  /** Outbox id of the message to change in place. */
  readonly edits?: string | undefined;
  /** Outbox id of the message in whose thread it is said, where the platform opens threads from messages. */
  readonly under?: string | undefined;
  /** Who alone sees it. */
  readonly onlyTo?: OnlyTo | undefined;
  /** Who is notified; the text calls each of them `@name`. */
  readonly mentions?: OutboundMessage["mentions"];
  readonly attachments?: OutboundMessage["attachments"];
}

/** An outbox row that says something, with its own id as the idempotency key of every attempt. */
export function say(saying: Saying): { readonly id: string; readonly write: Write } {
  const { id = newId("out") } = saying;
  const message: OutboundMessage = {
    text: saying.text,
    chatId: saying.address.chat,
    threadId: saying.address.thread,
    card: saying.card,
    attachments: saying.attachments,
    idempotencyKey: id,
    mentions: saying.mentions,
    trace: saying.trace,
  };
  const op = { type: "send", message, editsOutboxId: saying.edits, underOutboxId: saying.under, onlyTo: saying.onlyTo } as const;
  return { id, write: insert("outbox", id, outboxFields(saying, op)) };
}

/** The mark after the last outbox row of a trace: exactly one for every accepted operator message. */
export function endOfTurn(
  at: { address: Address; trace: string },
  outcome: "done" | "failed" | "stopped" | "refused",
  reason?: string,
): Write {
  const fields = outboxFields({ ...at, urgency: "reply" }, { type: "turn_end", mark: { trace: at.trace, outcome, reason } });
  return insert("outbox", newId("out"), fields);
}

function outboxFields(
  about: {
    address: Address;
    trace: string;
    urgency: OutboxFields["urgency"];
    coalesceKey?: string | undefined;
    subject?: string | undefined;
  },
  op: OutboxFields["op"],
): OutboxFields {
  return {
    account: about.address.account,
    address: about.address,
    lane: addressKey(about.address),
    state: "queued",
    urgency: about.urgency,
    trace: about.trace,
    op,
    coalesceKey: about.coalesceKey ?? null,
    subject: about.subject ?? null,
    attempts: 0,
    notBefore: 0,
    receipts: [],
    times: {},
  };
}
