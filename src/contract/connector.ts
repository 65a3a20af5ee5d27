/**
 * The contract between the hub and one platform. Five mandatory members, everything else a power that is there or is not.
 * A program that knows only `send`, `subscribe` and `health` can use any connector unchanged.
 */
import type { Keyv } from "keyv";
import type { z } from "zod";
import type {
  Ack,
  Assurance,
  Attachment,
  ConnectorEvent,
  Form,
  InboundMessage,
  OutboundMessage,
  Receipt,
  SendResult,
  Verdict,
} from "./message.ts";

export type Unsubscribe = () => void;

/**
 * Receives one message. The platform is acknowledged only after the returned promise resolves, with the Ack if there is one;
 * a rejection means "not taken": the connector must not acknowledge, so that the platform delivers it again.
 */
export type MessageHandler = (message: InboundMessage) => void | Promise<Ack | void>;
export type EventHandler = (event: ConnectorEvent) => Promise<Ack>;

export interface ConnectorHealth {
  /** The platform answers at all. */
  readonly reachable: boolean;
  /** It knows us as the configured account. */
  readonly authenticated: boolean;
  /** ISO-8601 time of the last sign of life. */
  readonly lastSeen?: string | undefined;
  /** A sentence for a person. */
  readonly detail?: string | undefined;
  readonly facts?: ConnectorFacts | undefined;
}

export interface ConnectorFacts {
  readonly transport: "connected" | "connecting" | "down" | "stopped";
  /** Age of the last heartbeat answer, in ms. A quiet chat is healthy; an overdue heartbeat is not. */
  readonly heartbeatAgeMs?: number | undefined;
  /** Epoch ms. */
  readonly lastInboundAt?: number | undefined;
  readonly lastReceiptAt?: number | undefined;
  readonly pacedUntil?: number | undefined;
}

export interface TextLimit {
  readonly max: number;
  readonly unit: "utf16" | "codepoints" | "bytes";
}

/** Limits as data. Each connector writes source and date beside the number. */
export interface ConnectorLimits {
  /** Of one message's text. What is longer is split; see `Connector.measure` for platforms that count what they make of it. */
  readonly text: TextLimit;
  /** A text that would need more messages than this goes as its beginning and a file, where the connector can upload. Default 5. */
  readonly parts?: number | undefined;
  /** Sends allowed in a window, for one chat and for the whole account; of several paces each holds. Absent: no limit known. */
  readonly pace?: { readonly perChat?: Paces | undefined; readonly perAccount?: Paces | undefined } | undefined;
  /** False: an answer is shown once it is complete, since every change of a message uses up what messages are sent with. Default: it grows by edits. */
  readonly growsByEdits?: boolean | undefined;
  /** How long a platform shows "is typing" after one call, ms; it is called again a little before. Default 5000. */
  readonly typingMs?: number | undefined;
  /** How long after sending a message can still be edited, ms. Absent: without end. */
  readonly editWindowMs?: number | undefined;
  readonly buttonTokenBytes?: number | undefined;
  readonly uploadBytes?: number | undefined;
  /** Calls that use up the same pace as a send. */
  readonly countsAsEvent: readonly ("send" | "edit" | "reaction" | "typing")[];
}

export interface Pace {
  readonly count: number;
  readonly windowMs: number;
  /** The platform gives the calls back one by one over the window: after `count` at once, one in `windowMs / count`. Default: each when the window is past. */
  readonly isBucket?: boolean | undefined;
  /** The only kinds of calls it is about. Default: all of `countsAsEvent`. */
  readonly kinds?: ConnectorLimits["countsAsEvent"] | undefined;
}

export type Paces = Pace | readonly Pace[];

/** Where a power acts: the chat and thread of this connector's own account. */
export interface Place {
  readonly chatId: string;
  readonly threadId?: string | undefined;
}

export interface TurnMark {
  readonly trace: string;
  readonly outcome: "done" | "failed" | "stopped" | "refused";
  /** A sentence for a person when the outcome is not `done`. */
  readonly reason?: string | undefined;
}

/** Optional powers. Each member *is* the function; absent means the platform cannot, and the core degrades. */
export interface Powers {
  /** `send` understands `edits`. */
  readonly edit?: true;
  readonly react?: (place: Place, target: Receipt, emoji: string) => Promise<SendResult>;
  /** The reaction that says "seen, it waits". Default 👀. */
  readonly seenEmoji?: string;
  /** Shows "is typing" for some seconds; called again while it lasts. */
  readonly typing?: (place: Place) => Promise<void>;
  /**
   * Opens a thread named `title` (at most 60 letters) from the message `from` (its event id), or the same one again when called twice. Rejects
   * with a HubError whose verdict is `drop` (`not_allowed`) where trying again would not help; any other rejection is tried again twice. Then the
   * conversation goes on in the chat.
   */
  readonly openThread?: (place: Place, from: string, title: string) => Promise<{ readonly threadId: string }>;
  readonly upload?: true;
  readonly download?: (attachment: Attachment) => Promise<Attachment>;
  /** Cards are drawn with something to press; without it the core writes out the typed code. */
  readonly ask?: true;
  /** What the Ack of a message says reaches its sender through the connector. Absent: the hub says a refusal as a message in the chat. */
  readonly answersMessages?: true;
  /** A link in the Ack of a press can be followed. */
  readonly linksInAnswers?: true;
  /** Says something only `sender` sees. Resolves with nothing or what `send` would, and rejects where that person cannot be told. */
  readonly whisper?: (
    place: Place,
    sender: string,
    text: string,
    as?: Pick<OutboundMessage, "idempotencyKey" | "trace">,
  ) => Promise<SendResult | void>;
  /** Shows text as it is written: `text` is all of the answer so far. Not durable; the final message follows by `send`. */
  readonly stream?: (place: Place, trace: string, text: string) => Promise<void>;
  /** For how long the platform shows one message for one idempotency key, however often it is sent, ms. */
  readonly idempotentMs?: number;
  /** After a crash: was a message with this key delivered? Undefined: it was not. */
  readonly reconcile?: (message: OutboundMessage, since: string) => Promise<Receipt | undefined>;
  /** Fetches what was missed since the stored cursor and delivers it to the subscribers. Returns how many messages. */
  readonly catchUp?: () => Promise<CaughtUp>;
  /** What people say while the hub is away is lost to nobody: the platform keeps it and delivers it after `start`, or nothing can be said. */
  readonly replays?: true;
  /** What people press while the hub is away reaches it never: cards that wait for an answer are sent anew after a gap, and the former ones changed. */
  readonly losesPresses?: true;
  /** Told when all that follows from one operator message has been sent. For faces that wait for the end of a turn. */
  readonly turnEnd?: (place: Place, mark: TurnMark) => Promise<SendResult>;
}

/**
 * Who the hub's own HTTP door found behind a request. `token`: holder of the local token. `person`: `platform` means they signed in
 * themselves, `token` that a program of theirs speaks, which may talk and never decide.
 */
export type Caller =
  | { readonly type: "token" }
  | { readonly type: "person"; readonly personId: string; readonly name: string; readonly assurance: Assurance }
  | { readonly type: "nobody" };

/** What an account made up for after it had been away. */
export interface CaughtUp {
  /** Messages fetched and delivered. */
  readonly fetched: number;
  readonly awayMs?: number | undefined;
  /** True when the platform does not give back all that was said meanwhile. */
  readonly isPartial?: boolean | undefined;
}

export interface Connector {
  readonly kind: string;
  /** Never rejects. */
  send(message: OutboundMessage): Promise<SendResult>;
  subscribe(handler: MessageHandler): Unsubscribe;
  /** Never rejects, and answers within five seconds. */
  health(): Promise<ConnectorHealth>;
  /** Ends all connections; nothing is delivered after it resolves. May be called twice. */
  close(): Promise<void>;
  /** Hub only: everything from people that is not a message. */
  onEvent?(handler: EventHandler): Unsubscribe;
  /**
   * Connects and begins to deliver. Called by the hub after `subscribe` and `onEvent`. A connector without it starts on `subscribe`.
   * Rejects only for what no waiting mends (a revoked token); a network that is down is retried inside. The account is then down until the next
   * start of the hub, except where the HubError it rejects with has the verdict `retry`: then it is called again.
   */
  start?(): Promise<void>;
  readonly can?: Powers;
  readonly limits?: ConnectorLimits;
  /**
   * How much of `limits.text.max` a text in Markdown takes up, in its unit, once `send` has written it the platform's way. Pure and quick: a long
   * text is split by asking it some times a part. It is split at the borders of its blocks then, and every part is whole Markdown that measures
   * no more than the limit. Absent: `send` takes the text as it is, and it is split by its characters. `mentions`: of the message it is part of.
   */
  measure?(text: string, mentions?: OutboundMessage["mentions"]): number;
  /** The chat used when a message names none. */
  readonly homeChat?: string | undefined;
  /** The thread in which the home chat shows what names none, where everything lies in a thread. */
  readonly homeThread?: string | undefined;
  /**
   * Requests to `/connectors/<account>/…` of the hub's port, e.g. a platform's webhook. The path is what follows the account.
   * The connector checks the platform's signature itself; `caller` is whom the hub knows from its own tokens.
   */
  http?(request: Request, path: string, caller: Caller): Promise<Response>;
  /** Where a browser reads what is said in this place: a path below `/connectors/<account>`. */
  pageOf?(place: Place): string;
}

/** What a factory is handed beside the account's configuration. For a program that gives none, the registry makes one that lives in memory. */
export interface ConnectorContext {
  readonly account: string;
  /** Durable private state in a name space of this account, backed by the store. */
  readonly state: Keyv;
  /** Epoch ms. */
  readonly now: () => number;
  /** Calls `fn` once after `ms`; the returned function takes it back. */
  readonly setTimer: (ms: number, fn: () => void) => () => void;
  readonly log: ConnectorLog;
  readonly files: Files;
  readonly secrets: AccountSecrets;
  /** True where a conversation of the hub lives that needs no mention: what people say there is meant for it. */
  readonly isBound: (at: Pick<InboundMessage, "workspaceId" | "chatId" | "threadId">) => Promise<boolean>;
  /**
   * The chats in which the hub is to speak through this account, those beside the home chat too, each once: for a connector to look, as it connects,
   * whether it may, and to say with its health what it lacks where. Absent outside the hub: none are known.
   */
  readonly placesInUse?: (() => Promise<readonly Place[]>) | undefined;
  /** To be called after a gap within one life of the process has been made up for, as after a connection was lost; the people there are told. */
  readonly caughtUp: (gap: CaughtUp) => void;
  /** Replaces registered secrets in what people wrote, for a connector that keeps it itself. Absent outside the hub: there are none. */
  readonly hideSecrets?: ((text: string) => string) | undefined;
  /** What people may do just now, for a connector that shows each of them a view of their own. Absent outside the hub: everything. */
  readonly rights?: Rights | undefined;
}

/** As people's roles stand when it is asked. For drawing only: the hub looks again when somebody does it. */
export interface Rights {
  /** May this person (by the hub's id) send messages, answer questions and ask for things? */
  mayTalk(personId: string): Promise<boolean>;
  /** Undefined when there is no such approval. */
  decidersOf(approvalId: string, personId: string): Promise<Deciders | undefined>;
}

export interface Deciders {
  /** Why this person may not decide it; undefined when they may. */
  readonly whyNot: string | undefined;
  /** Of those who may. */
  readonly names: readonly string[];
}

/** The environment as one account sees it: the variables its kind declares, and those its own block names under a key that ends in `_env`. */
export interface AccountSecrets {
  /** Undefined when it is not set, or not this account's to read. */
  get(name: string): string | undefined;
}

/** The hub's folder of files, in which every attachment lies while the hub has it. */
export interface Files {
  /** The most of one file that is taken. */
  readonly maxBytes: number;
  /**
   * Streams a file in; whole and on the disk when it resolves. The name is made safe, the type is guessed from it when none is given.
   * Rejects with a HubError `file_too_large` or `store_full`, or as the content does; then nothing is kept.
   */
  keep(content: AsyncIterable<Uint8Array>, about: { readonly name: string; readonly mimeType?: string | undefined }): Promise<Attachment>;
  /** What is in it. Rejects with `not_found` when it is none of the hub's files or is gone. */
  open(attachment: Attachment): Promise<ReadableStream<Uint8Array>>;
}

export interface ConnectorLog {
  info(facts: Record<string, unknown>, text: string): void;
  warn(facts: Record<string, unknown>, text: string): void;
  error(facts: Record<string, unknown>, text: string): void;
}

/** Synchronous and thin; the SDK is imported on first use. `config` comes unchanged from whoever calls the registry. */
export type ConnectorFactory = (config: unknown, context: ConnectorContext) => Connector;

/** One thing `doctor` looked at. */
export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** It works, and ought to be otherwise. */
  readonly isWarning?: boolean | undefined;
  readonly detail: string;
  readonly remedy?: string | undefined;
}

/** What `init` knows when it comes to a question. */
export interface SetupSoFar {
  /** By key. */
  readonly answers: Readonly<Record<string, string>>;
  /** What the person gave; a variable they set themselves is not in it. */
  readonly secrets: AccountSecrets;
}

/** Time, and a way to say what the person is to do. */
export interface SetupHelp extends Pick<ConnectorContext, "now" | "setTimer"> {
  readonly tell: (words: string) => void;
}

/** A question of `init`, with a live check where there can be one. */
export interface SetupQuestion {
  readonly key: string;
  readonly question: string;
  /** The answer is a secret: nothing typed is shown, and it is kept under this name in the environment file, never in hub.yaml. */
  readonly secretEnv?: string | undefined;
  readonly default?: string | undefined;
  /** Undefined when the answer is good, else a sentence that says what is wrong. An empty answer that is good leaves the key out. */
  readonly check?: (answer: string, so: SetupSoFar) => Promise<string | undefined>;
  /** Of a secret: what is kept in place of what was typed, as a token for a password. Rejects with words for a person. */
  readonly exchange?: (typed: string, so: SetupSoFar) => Promise<string>;
  /** Finds the answer by something the person does. Undefined, or a rejection with words for them: the question is asked. */
  readonly find?: (so: SetupSoFar, help: SetupHelp) => Promise<string | undefined>;
}

/** A text a person needs to set the kind up, printed by `mos-hub <kind> <name>`, e.g. what its platform is to be told of the bot. */
export interface SetupDocument {
  readonly name: string;
  readonly purpose: string;
  readonly write: () => string;
}

/** All the hub knows about one kind; the default export of a connector from outside. */
export interface ConnectorDefinition {
  readonly kind: string;
  /** One line for `init` and the docs index. */
  readonly summary: string;
  readonly factory: ConnectorFactory;
  /** The account's block in hub.yaml; strict. */
  readonly config: z.ZodType;
  /** Environment variables it reads, with what each is for; `.env.example` is written from these. */
  readonly environment: readonly { readonly name: string; readonly purpose: string; readonly secret: boolean }[];
  readonly setup?: readonly SetupQuestion[];
  readonly documents?: readonly SetupDocument[];
  /** `places`: the chats the configuration names beside the home chat. Each has a result of its own, which names what the account lacks there. */
  readonly check?: (config: unknown, secrets: AccountSecrets, places?: readonly Place[]) => Promise<readonly CheckResult[]>;
  /** It is a face of the hub on this machine: whoever is at it is the local operator. Default: its people come from elsewhere. */
  readonly isLocal?: boolean;
  /** What the id of one of its people looks like; its message says so. Whoever is configured under another is warned of. Default: anything. */
  readonly person?: z.ZodType;
}

export function defineConnector(definition: ConnectorDefinition): ConnectorDefinition {
  return definition;
}

export type { Form, Verdict };
