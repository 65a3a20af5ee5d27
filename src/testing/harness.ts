/**
 * What a connector's author brings so that the conformance kit can drive it: a platform (faked or real) with one person on it, and switches
 * for what goes wrong on the way to it. Types only.
 */
import type { Connector } from "../contract/connector.ts";

export interface ConnectorHarness {
  readonly kind: string;
  /** A fresh platform and a connector on it that has been started. */
  readonly setUp: () => Promise<Rig>;
}

/** One platform with one person on it. */
export interface Rig {
  readonly connector: Connector;
  /**
   * The person says it. Resolves when the platform got its acknowledgement or stopped waiting for it. `again`: the platform delivers the last
   * one once more.
   */
  say(text: string, options?: { readonly threadId?: string; readonly again?: boolean }): Promise<Acknowledged>;
  /** The person presses something on the card of this subject. For a connector with `can.ask`. */
  press?(subject: string, choice: string): Promise<Acknowledged>;
  /** Everything the person can see, oldest first, edits applied. */
  shown(): Promise<readonly Shown[]>;
  /** What somebody else in the same chat can see. For `can.whisper`. */
  shownToOthers?(): Promise<readonly Shown[]>;
  /**
   * Whom the message notified, as the platform counts it: sender ids, and the platform's word for a call to everybody; once for each time. Absent
   * where the platform notifies everybody of everything, or nobody.
   */
  notified?(messageId: string): Promise<readonly string[]>;
  /** Runs `work` and gives what passed by unkept meanwhile: text as it is written, and "is typing". For `can.typing` and `can.stream`. */
  glimpsed?(work: () => Promise<void>): Promise<readonly Glimpsed[]>;
  /** Ends of turns the person's face was told. For `can.turnEnd`. */
  turnEnds?(): Promise<readonly string[]>;
  /** Says something while nobody is connected. For `can.catchUp` and `can.replays`. */
  sayWhileAway?(text: string): Promise<void>;
  /** What nobody may read in an error: the account's token. */
  readonly secret?: string;
  /** The first connector is gone without a farewell; another one, started, on the same durable state and the same platform. */
  restart(): Promise<Rig>;
  end(): Promise<void>;
  /** Absent where nothing lies between the connector and its platform that could fail. */
  readonly platform?: Platform;
}

export interface Acknowledged {
  readonly acknowledged: boolean;
  /** What the person saw as the answer to their press or message, inside the acknowledgement. */
  readonly answer?: string | undefined;
}

export interface Shown {
  readonly messageId: string;
  readonly threadId?: string | undefined;
  readonly text: string;
  readonly hasButtons?: boolean;
  readonly reactions?: readonly string[];
}

export type Glimpsed = { readonly typing: true } | { readonly text: string };

export type Fault =
  /** The connection breaks before the platform has the request. */
  | { readonly type: "lost_request" }
  /** The platform does what it was asked, and the connection breaks before its answer. */
  | { readonly type: "lost_answer" }
  /** A fault of its own (5xx); nothing was kept. */
  | { readonly type: "server_error" }
  /** Too many calls (429), with the time to wait or without; nothing was kept. */
  | { readonly type: "too_many"; readonly retryAfterMs?: number }
  /** The message is not acceptable and never will be (4xx). */
  | { readonly type: "refused" }
  /** The account's token is not valid. */
  | { readonly type: "unauthorized" };

/** The switches of a platform that can fail. */
export interface Platform {
  /** Makes the next call that sends a message fail so; those after it succeed. */
  next(fault: Fault): void;
  /** When it was called to send, kept or not, epoch ms, oldest first. */
  sendTimes(): readonly number[];
  /** Neither answers nor says anything any more, on connections that stay open; or does again. */
  silence(isSilent: boolean): void;
  /** Breaks all connections; they may be made again at once. */
  hangUp(): void;
  /** The person said these in this order; they are delivered in the opposite one. Resolves as `say` does for both. */
  sayReversed(texts: readonly [string, string]): Promise<readonly Acknowledged[]>;
  /** How long it waits for an acknowledgement, ms. */
  readonly patienceMs: number;
  /** How long the connector waits for the platform's answer to a call at most, ms. */
  readonly answerMs: number;
  /** How long after it has gone silent `health` may still be good, ms. */
  readonly silenceToldMs: number;
  /** Acknowledgements carry an answer the person sees. */
  readonly showsAnswers: boolean;
}
