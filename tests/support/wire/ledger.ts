/** What a fake platform has been sent and has had confirmed, as its own books. Nothing of the hub is asked. */

export interface Kept {
  readonly id: string;
  readonly chat: string;
  readonly thread?: string | undefined;
  readonly key?: string | undefined;
  /** Whom it notified. */
  readonly notified?: readonly string[];
  text: string;
  hasButtons: boolean;
  readonly reactions: string[];
}

/** Something a person did. */
export interface Said {
  readonly n: number;
  readonly type: "message" | "press";
  readonly chat: string;
  readonly thread?: string | undefined;
  readonly from: string;
  /** What they call themselves. */
  readonly name?: string | undefined;
  readonly ts: string;
  readonly text: string;
  readonly subject?: string | undefined;
  readonly choice?: string | undefined;
  readonly direct?: boolean | undefined;
}

/** Where a person says it, and who. */
export interface Spot {
  /** Default: ann. */
  readonly from?: string;
  readonly name?: string;
  /** A chat of this person and the bot alone, named after them. */
  readonly direct?: boolean;
  readonly thread?: string | undefined;
  readonly press?: { readonly subject: string; readonly choice: string };
}

export interface Ledger {
  readonly kept: Kept[];
  readonly said: Said[];
  /** Numbers of what the hub confirmed. */
  readonly confirmed: Set<number>;
  /** Calls to send, kept or not, epoch ms. */
  readonly sendTimes: number[];
  keep(message: Omit<Kept, "id" | "hasButtons" | "reactions">, hasButtons?: boolean): Kept;
  say(text: string, spot?: Spot): Said;
}

export function createLedger(chat: string): Ledger {
  const kept: Kept[] = [];
  const said: Said[] = [];
  return {
    kept,
    said,
    confirmed: new Set(),
    sendTimes: [],
    keep(message, hasButtons = false) {
      const whole = { ...message, id: `m${kept.length + 1}`, hasButtons, reactions: [] };
      kept.push(whole);
      return whole;
    },
    say(text, { thread, press, from = "ann", name, direct = false } = {}) {
      const type = press === undefined ? "message" : "press";
      const one: Said = {
        n: said.length + 1,
        type,
        chat: direct ? from : chat,
        thread,
        from,
        name,
        ts: new Date().toISOString(),
        text,
        direct,
        ...press,
      };
      said.push(one);
      return one;
    },
  };
}
