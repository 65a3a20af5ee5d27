/** The Bot API's own shapes, as far as the fake speaks them. */

export interface FakeUser {
  readonly id: number;
  readonly is_bot: boolean;
  readonly first_name: string;
  readonly username?: string | undefined;
}

export interface FakeEntity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string | undefined;
  readonly language?: string | undefined;
  readonly user?: { readonly id: number } | undefined;
}

export interface FakeButton {
  readonly text: string;
  readonly callback_data?: string | undefined;
  readonly url?: string | undefined;
}

export interface FakeFile {
  readonly file_id: string;
  readonly file_name: string;
  readonly mime_type: string;
  readonly bytes: Buffer;
}

/** What goes wrong with the next call that sends. */
export type Fault =
  | { readonly type: "lost_request" | "lost_answer" | "server_error" | "refused" | "unauthorized" }
  | { readonly type: "too_many"; readonly retryAfterMs?: number };

export type ChatType = "private" | "group" | "supergroup" | "channel";

/** A message as the fake keeps it; `shown` makes the API's JSON of it. */
export interface FakeMessage {
  readonly message_id: number;
  readonly chat: number;
  readonly from: FakeUser;
  readonly date: number;
  /** In a topic; set as well, without `isTopic`, along a chain of replies in an ordinary group. */
  readonly thread?: number | undefined;
  readonly isTopic?: boolean | undefined;
  readonly replyTo?: number | undefined;
  readonly service?: Readonly<Record<string, unknown>> | undefined;
  readonly album?: string | undefined;
  text: string;
  entities: readonly FakeEntity[];
  /** Whom it notified, once for each time: user ids, and names the platform links by itself. A change is counted like what is new. */
  pinged: readonly string[];
  keyboard: readonly (readonly FakeButton[])[];
  file?: FakeFile | undefined;
  fileKind?: "document" | "photo" | "voice" | undefined;
  editedAt?: number | undefined;
  isDeleted: boolean;
  readonly reactions: Map<number, string>;
}

export interface FakeTopic {
  name: string;
  isOpen: boolean;
  readonly isNameImplicit?: boolean | undefined;
}

export interface FakeChat {
  id: number;
  type: ChatType;
  readonly title: string;
  isForum: boolean;
  /** What the bot is here. */
  bot: "administrator" | "member" | "kicked";
  canManageTopics: boolean;
  /** Members may write. */
  mayWrite: boolean;
  /** A person who has blocked the bot; only in a private chat. */
  isBlocked: boolean;
  migratedTo?: number | undefined;
  readonly topics: Map<number, FakeTopic>;
  readonly messages: Map<number, FakeMessage>;
}

/** What the platform says no with. */
export class Refusal extends Error {
  readonly code: number;
  readonly parameters: { readonly retry_after?: number; readonly migrate_to_chat_id?: number };
  constructor(code: number, description: string, parameters: Refusal["parameters"] = {}) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}
