/** "Is typing" while a turn works and none of its words can be seen yet, kept alive as long. It gives way to everything else. */
import type { Clock } from "../clock.ts";
import type { Connector } from "../contract/connector.ts";
import type { Row } from "../contract/tables.ts";
import type { Deliver } from "../steps/deliver.ts";

export interface TypingParts {
  readonly clock: Clock;
  readonly connectorOf: (account: string) => Connector | undefined;
  readonly aside: Deliver["aside"];
  readonly isShowing: (turnId: string) => boolean;
}

/** Called with a turn that begins; what it returns ends it. */
export type Typing = (turn: Row<"turns">) => () => void;

const DEFAULT_MS = 5000;
/** Called again after this share of the time for which one call lasts. */
const AGAIN_AFTER = 0.8;

export function createTyping({ clock, connectorOf, aside, isShowing }: TypingParts): Typing {
  return ({ id, address }) => {
    let cancel = (): void => {};
    const place = { chatId: address.chat, threadId: address.thread };

    function show(): void {
      const { can, limits } = connectorOf(address.account) ?? {};
      if (!can?.typing) return;
      const pause = (limits?.typingMs ?? DEFAULT_MS) * AGAIN_AFTER;
      const wait = isShowing(id) ? 0 : aside({ address, kind: "typing", make: (connector) => connector.can?.typing?.(place) });
      cancel = clock.setTimer(wait > 0 ? wait : pause, show);
    }

    show();
    return () => cancel();
  };
}
