/** One platform as the stage of several needs it: what the hub is told of it, what Ann does there, and what is seen, from its own ledger. */

export interface Button {
  readonly label: string;
  /** Where it leads, when it is a link. */
  readonly url?: string | undefined;
}

/** A message of the hub's as it reads now, changes applied. */
export interface Shown {
  readonly chat: string;
  /** The platform's own id: a card that was changed in place keeps it. */
  readonly id: string;
  /** The thread or topic it stands in. */
  readonly thread: string | undefined;
  readonly text: string;
  /** What can be pressed. On Matrix: the reactions it asks for. */
  readonly buttons: readonly Button[];
  /** Whom it notified, as the platform counts it, once for each time. */
  readonly notified?: readonly string[];
}

export interface Stand {
  /** The account's block in hub.yaml. */
  readonly account: Readonly<Record<string, unknown>>;
  /** For the hub's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The chat for what belongs to no conversation. */
  readonly chat: string;
  /** Ann's id on this platform; undefined where she is the local operator. */
  readonly ann: string | undefined;
  /** Ann writes to the bot in that chat. */
  say(text: string): Promise<void>;
  /** All that the hub shows in its chats and their threads, and to whom it shows it; in each chat oldest first. */
  shown(): Promise<readonly Shown[]>;
  /** Ann presses it. Resolves when the platform has her answer, or none comes, as when the hub dies of it. */
  press(card: Shown, label: string): Promise<void>;
  close(): Promise<void>;
}

export interface StandOptions {
  /** How many chats there are, the home chat among them. Default 1. */
  readonly chats?: number;
  /** Refuses what comes faster than the platform allows. Default: takes everything. */
  readonly isStrict?: boolean;
}

/** Of a fake, which keeps a ledger. */
export interface BusyStand extends Stand {
  /** The home chat first. */
  readonly chats: readonly string[];
  /** When the hub sent or changed a message, epoch ms, whatever became of it. */
  calledAt(): readonly number[];
  /** How many calls of any kind were refused for their pace. */
  refused(): number;
}

/** What `chat` makes of each number from 0. */
export const several = <T>(count: number, chat: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => chat(at));
