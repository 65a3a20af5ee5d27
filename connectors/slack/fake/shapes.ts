/** Slack's own shapes, as far as the fake speaks them. */

export interface FakeChannel {
  readonly id: string;
  readonly type: "channel" | "group" | "im" | "mpim";
  readonly name: string;
  isArchived: boolean;
  /** The bot is in it. */
  isMember: boolean;
  /** Threads nobody may answer in. */
  readonly locked: Set<string>;
  readonly members: string[];
}

export interface FakeFile {
  readonly id: string;
  readonly name: string;
  readonly mimetype: string;
  bytes: Buffer;
  readonly channels: string[];
}

export interface FakeMessage {
  readonly ts: string;
  channel: string;
  readonly user: string;
  readonly botId?: string | undefined;
  readonly threadTs?: string | undefined;
  text: string;
  blocks: readonly Block[];
  metadata?: Readonly<Record<string, unknown>> | undefined;
  files: readonly string[];
  /** Whom it notified, once for each time; a change is counted like what is new. */
  pinged: readonly string[];
  isEdited: boolean;
  isDeleted: boolean;
  /** Who alone sees it. */
  readonly onlyFor?: string | undefined;
  /** Emoji name → user ids. */
  readonly reactions: Map<string, Set<string>>;
}

export interface Block {
  readonly type: string;
  readonly block_id?: string | undefined;
  readonly [field: string]: unknown;
}

/** What Slack says no with: `ok: false` and a name, or an HTTP status of its own. */
export class Refusal extends Error {
  readonly status: number;
  readonly more: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | undefined;
  constructor(
    error: string,
    { status = 200, retryAfter, ...more }: { status?: number; retryAfter?: number; [field: string]: unknown } = {},
  ) {
    super(error);
    this.status = status;
    this.more = more;
    this.retryAfter = retryAfter;
  }
}

/** What the next call that sends a message meets. */
export type Fault =
  | { readonly type: "lost_request" | "lost_answer" | "server_error" | "unauthorized" }
  /** `error`: Slack's name of it. Default: `restricted_action`. */
  | { readonly type: "refused"; readonly error?: string }
  | { readonly type: "too_many"; readonly retryAfterMs?: number };
