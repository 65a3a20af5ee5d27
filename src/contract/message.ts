/**
 * What travels: messages in both directions, cards, and the answer a connector gives its platform.
 * Text is CommonMark + GFM in both directions. Times are ISO-8601 towards connectors, milliseconds inside the hub.
 */
import { z } from "zod";

/** A file on its way. `path` is a local file of the hub's blob folder, to be opened with `Files.open`; it is streamed, never read whole. */
export interface Attachment {
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  readonly path: string;
}

/** The platform's proof of a send: enough to edit, answer or find the message again. Opaque outside its connector. */
export interface Receipt {
  readonly messageId: string;
  readonly threadId?: string | undefined;
  readonly chatId?: string | undefined;
}

// cards: typed messages

export const ACTION_CLASSES = ["green", "yellow", "yellow_external", "red", "critical_red"] as const;
export type ActionClass = (typeof ACTION_CLASSES)[number];

export type ApprovalState = "pending" | "approved" | "denied" | "expired" | "cancelled" | "consumed";

export interface ApprovalCard {
  readonly type: "approval";
  readonly id: string;
  /** What people type: `approve CODE`. */
  readonly code: string;
  readonly state: ApprovalState;
  readonly title: string;
  readonly class: ActionClass;
  /** The alias of the orchestrator that asks. */
  readonly asker: string;
  readonly reason?: string | undefined;
  /** What it is done to, where the asker says so. */
  readonly app?: string | undefined;
  readonly environment?: string | undefined;
  /** The exact action, shown with head and tail, secrets masked and invisible characters neutralised. */
  readonly action: string;
  /** SHA-256 over the canonical JSON of the exact action: what is decided is this. */
  readonly digest: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Who decided and when, once somebody has. */
  readonly decidedBy?: string | undefined;
  readonly decidedAt?: number | undefined;
  readonly decisionReason?: string | undefined;
  /** Who has voted so far; absent while nobody has, or when one vote is enough. */
  readonly votes?: { readonly approving: readonly string[]; readonly denying: readonly string[]; readonly needed: number } | undefined;
  /** Approving takes typing the code. */
  readonly stepUp?: boolean | undefined;
  /** True when an equal-looking but different request is pending too. */
  readonly similarPending?: boolean | undefined;
}

/** One field of a form. A flat subset of JSON Schema: what every platform's form can draw. */
export const formField = z.object({
  name: z.string().min(1).max(64),
  label: z.string().min(1).max(200),
  kind: z.enum(["text", "number", "boolean", "choice"]),
  required: z.boolean().default(false),
  options: z
    .array(z.object({ value: z.string().max(200), label: z.string().max(200) }))
    .max(25)
    .optional(),
});
export type FormField = z.infer<typeof formField>;

export interface Form {
  readonly title: string;
  readonly fields: readonly FormField[];
}

export interface QuestionCard {
  readonly type: "question";
  readonly id: string;
  readonly code: string;
  readonly state: "pending" | "answered" | "expired" | "cancelled";
  readonly asker: string;
  readonly text: string;
  readonly form: Form;
  /** Shown whole and never fetched by the hub; the answer then is "I have done it" or "no". */
  readonly url?: string | undefined;
  readonly answer?: string | undefined;
  readonly answeredBy?: string | undefined;
}

export const DEPLOY_STATES = [
  "queued",
  "building",
  "deploying",
  "live",
  "failed",
  "canceled",
  "rolled_back",
  "superseded",
  "deleted",
] as const;
export type DeployState = (typeof DEPLOY_STATES)[number];

export interface DeployCard {
  readonly type: "deploy";
  readonly id: string;
  readonly app: string;
  readonly environment: string;
  readonly state: DeployState;
  readonly revision?:
    | {
        readonly sha?: string | undefined;
        readonly ref?: string | undefined;
        readonly subject?: string | undefined;
        readonly author?: string | undefined;
      }
    | undefined;
  readonly urls: { readonly live?: string | undefined; readonly preview?: string | undefined; readonly logs?: string | undefined };
  /** Everything else that is set up for the app, as it stands. */
  readonly setups?: readonly AppSetup[] | undefined;
  /** The last lines of a failure, secrets masked. */
  readonly failureTail?: string | undefined;
  readonly elapsedMs?: number | undefined;
  /** What else there is to know, a line each: what it replaces, what it recovers from, what is asked for it. CommonMark. */
  readonly notes?: readonly string[] | undefined;
  /** Reported live, and its address does not answer: why. A card that has it does not claim that the app is live. */
  readonly trouble?: string | undefined;
  /** What may be asked for from the card; it is then asked of people as any gated action is. */
  readonly offers?: readonly DeployWish[] | undefined;
}

export const DEPLOY_WISHES = ["rollback", "promote"] as const;
export type DeployWish = (typeof DEPLOY_WISHES)[number];

/** `credential`: one is missing or wrong; it is asked for elsewhere, never in a chat. */
export const DOMAIN_STATES = ["records", "certificate", "live", "conflict", "credential"] as const;
export const SETUP_STATES = ["started", "credential", "failed", "done"] as const;
export type AppSetupState = (typeof DOMAIN_STATES)[number] | (typeof SETUP_STATES)[number];

/** What an app gets beside its deploys, step by step: a domain of its own, payments, a login. */
export interface AppSetup {
  /** `domain`, `payments`, `login` or another short word. */
  readonly kind: string;
  /** The domain itself, else who provides it. One of this kind and name is the same set-up. */
  readonly name: string;
  readonly state: AppSetupState;
  /** The DNS records to be set, one a line as they are copied. */
  readonly records?: readonly string[] | undefined;
  readonly detail?: string | undefined;
  /** Where it goes on, such as where the credential is entered. */
  readonly url?: string | undefined;
  /** When its maker came to this state, epoch ms. */
  readonly at?: number | undefined;
}

/** Beside the state in words, wherever a deploy is drawn with signs of one letter. */
export const DEPLOY_GLYPHS: Readonly<Record<DeployState, string>> = {
  queued: "…",
  building: "◌",
  deploying: "◐",
  live: "●",
  failed: "✖",
  canceled: "–",
  rolled_back: "↶",
  superseded: "»",
  deleted: "∅",
};

/** In the few words of a card. */
export const SETUP_WORDS: Readonly<Record<AppSetupState, string>> = {
  started: "being set up",
  records: "set these records",
  certificate: "waits for its certificate",
  conflict: "belongs to another site",
  credential: "needs a credential, never in a chat",
  failed: "could not be set up",
  live: "live with HTTPS",
  done: "set up",
};

export interface CanvasCard {
  readonly type: "canvas";
  readonly id: string;
  readonly title: string;
  readonly kind: "page" | "form" | "table" | "dashboard" | "markdown";
  /** Kept by the hub: `!canvas CODE` gives a link of one's own. Absent of a link elsewhere. */
  readonly code?: string | undefined;
  readonly state: "open" | "expired" | "revoked";
  /** Counted from 1, of what the hub keeps. */
  readonly revision?: number | undefined;
  /** Absent when there is no public address under which a person could open it; `note` then says so. */
  readonly url?: string | undefined;
  readonly note?: string | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt?: number | undefined;
}

export interface ProgressStep {
  readonly id: string;
  readonly title: string;
  readonly state: "pending" | "running" | "done" | "failed";
}

export interface ProgressCard {
  readonly type: "progress";
  readonly turnId: string;
  readonly state: "working" | "done" | "failed" | "stopped";
  readonly asker: string;
  readonly plan: readonly ProgressStep[];
  readonly tools: readonly ProgressStep[];
  readonly team: readonly (ProgressStep & { readonly summary?: string | undefined })[];
}

export interface NoticeCard {
  readonly type: "notice";
  readonly level: "info" | "warning" | "error";
  readonly text: string;
}

export type Card = ApprovalCard | QuestionCard | DeployCard | CanvasCard | ProgressCard | NoticeCard;

// outbound

/** In one message: their mentions must leave room for its words. */
export const MOST_MENTIONS = 20;

/** Somebody who is to be notified. */
export interface Mention {
  /** The platform's id of theirs, as in `InboundMessage.sender`. */
  readonly id: string;
  /** The text calls them `@name`. */
  readonly name: string;
}

/**
 * What a connector is asked to send. `text`, `threadId` and `attachments` are the fleet's minimum; the hub adds the rest.
 * A connector that cannot draw `card` sends `text`, which always says the same in words.
 */
export interface OutboundMessage {
  readonly text: string;
  readonly threadId?: string | undefined;
  readonly attachments?: readonly Attachment[] | undefined;
  /** Absent: the account's home chat. */
  readonly chatId?: string | undefined;
  readonly card?: Card | undefined;
  /** The platform's id of the message this answers. */
  readonly replyTo?: string | undefined;
  /** Change this message in place instead of sending another. Only given to a connector with `can.edit`. */
  readonly edits?: Receipt | undefined;
  /** Stable over every attempt of one delivery: two sends with the same key must show one message where the platform can tell. */
  readonly idempotencyKey?: string | undefined;
  /**
   * The platform notifies each of these, and nobody else, whatever the text says. Where it does so by what stands in the text, the connector puts
   * the platform's own mention in the place of the first `@name` outside of code, and at the end for whom it does not find there. With `edits`
   * nobody is notified: they have been. At most `MOST_MENTIONS`.
   */
  readonly mentions?: readonly Mention[] | undefined;
  /** The trace this message belongs to, for faces that follow one turn. */
  readonly trace?: string | undefined;
}

export type BudgetScope = "account" | "chat";

/** What a platform says is left of a budget of its own, e.g. in the headers of its answer. */
export interface BudgetLeft {
  readonly scope: BudgetScope;
  /** Calls that may still be made before the budget is full again. */
  readonly calls: number;
  /** When it is full again, ms from now. */
  readonly fullInMs: number;
  /** The only kinds of calls it is about. Default: all that the connector counts. */
  readonly kinds?: readonly ("send" | "edit" | "reaction" | "typing")[] | undefined;
}

export interface SendResult {
  readonly delivered: boolean;
  readonly messageId?: string | undefined;
  readonly error?: string | undefined;
  /** `unknown`: the request left and no answer came. Only then may the platform hold the message although `delivered` is false. */
  readonly outcome?: "sent" | "not_sent" | "unknown" | undefined;
  readonly receipt?: Receipt | undefined;
  /** What the hub should do about the error; see `errors.ts`. */
  readonly verdict?: Verdict | undefined;
  readonly budget?: BudgetLeft | undefined;
}

export type Verdict =
  /** `scope`: what the platform bars until then. Default: the whole account. */
  | { readonly do: "retry_after"; readonly ms: number; readonly scope?: BudgetScope | undefined }
  | { readonly do: "retry" }
  | { readonly do: "drop" }
  | { readonly do: "stop_account" }
  | { readonly do: "reauth" };

// inbound

/** What `subscribe` delivers. The first four fields are the fleet's minimum. */
export interface InboundMessage {
  readonly text: string;
  readonly threadId?: string | undefined;
  /** The platform's stable user id. */
  readonly sender: string;
  /** ISO-8601, the platform's own time of the message. */
  readonly ts: string;
  readonly workspaceId?: string | undefined;
  readonly chatId: string;
  /** Unique per account, the same again when the platform delivers the event again. */
  readonly eventId: string;
  readonly attachments?: readonly Attachment[] | undefined;
  /** A direct message: only this person and the hub. */
  readonly direct: boolean;
  /** The mention itself is no part of `text`. */
  readonly mentionsBot: boolean;
  /** What people call the sender; shown, never compared. */
  readonly senderName?: string | undefined;
  readonly assurance?: Assurance | undefined;
}

/**
 * How sure the connector is of the sender. `platform` (the default): the platform signed them in. `token`: all that is known is that
 * they hold the hub's local token; such a sender may talk, but a decision needs their PIN.
 */
export type Assurance = "platform" | "token";

interface EventPlace {
  readonly assurance?: Assurance | undefined;
  readonly eventId: string;
  readonly sender: string;
  readonly senderName?: string | undefined;
  readonly ts: string;
  readonly workspaceId?: string | undefined;
  readonly chatId: string;
  readonly threadId?: string | undefined;
}

/** What `onEvent` delivers beside messages. */
export type ConnectorEvent =
  | (EventPlace & {
      readonly type: "action";
      /** The card pressed: an approval's, question's or deploy's id. */
      readonly subject: string;
      readonly choice: string;
      /** Filled form fields, or a typed code or reason. */
      readonly values?: Readonly<Record<string, string>> | undefined;
    })
  /** `text` is all of the new text. Counts only where the `sender` is the author. */
  | (EventPlace & { readonly type: "edited"; readonly messageEventId: string; readonly text: string })
  /** `sender`: whoever took it away, which the platform has let them; the author where it does not say. */
  | (EventPlace & { readonly type: "deleted"; readonly messageEventId: string })
  | (EventPlace & { readonly type: "joined" })
  /**
   * A chat (or one thread of it) goes on under another id, e.g. a group that became a larger one. The platform's doing and not a person's: no
   * role is asked for. May be told again at any time, as when a send still used the former id.
   */
  | (EventPlace & { readonly type: "moved"; readonly to: { readonly chatId: string; readonly threadId?: string | undefined } });

/** Every event that can come from a person, in one shape for the journal. */
export type PersonEvent = ({ readonly type: "message" } & InboundMessage) | ConnectorEvent;

/** Words for one person alone, on an account that can whisper. */
export interface OnlyTo {
  readonly sender: string;
  /** Said before all where it cannot be whispered. */
  readonly otherwise: string;
}

/** The answer given inside the platform's acknowledgement. */
export type Ack =
  | { readonly type: "accepted"; readonly trace: string }
  /** Empty words: the sender hears nothing at all. */
  | { readonly type: "refused"; readonly privateText: string }
  | { readonly type: "privateText"; readonly text: string; readonly trace: string }
  | { readonly type: "openForm"; readonly form: Form; readonly subject: string; readonly trace: string };
