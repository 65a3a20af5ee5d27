/** The few shapes the fake homeserver's files share. */

export type Content = Record<string, unknown>;

export interface Relation {
  readonly rel_type?: string;
  readonly event_id?: string;
  readonly key?: string;
  readonly is_falling_back?: boolean;
  readonly "m.in_reply_to"?: { readonly event_id: string };
}

export interface FakeEvent {
  readonly event_id: string;
  readonly room_id: string;
  readonly type: string;
  readonly sender: string;
  readonly content: Content;
  readonly origin_server_ts: number;
  readonly unsigned: Content;
  readonly state_key?: string;
  readonly redacts?: string;
  /** In the stream of all rooms; not on the wire. */
  readonly position: number;
}

/** An answer that is an error, as every Matrix server words it. */
export class MatrixRefusal extends Error {
  readonly status: number;
  readonly errcode: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, errcode: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.errcode = errcode;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What the next call that sends a message runs into. */
export type MatrixFault =
  | { readonly type: "lost_request" | "lost_answer" | "server_error" | "refused" | "unauthorized" }
  | { readonly type: "too_many"; readonly retryAfterMs?: number };

/** Who calls: a login of a user on a device. */
export interface Login {
  readonly user: string;
  readonly device: string;
  readonly token: string;
}

/** One request, read. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Content;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
