/** Who listens to a connector, and the one way all of them are told. */
import type { Unsubscribe } from "../../src/contract/connector.ts";
import type { Ack } from "../../src/contract/message.ts";

type Handler<E> = (event: E) => void | Promise<Ack | void>;

export interface Listeners<E> {
  /** The same function added twice is two listeners. */
  add(handler: Handler<E>): Unsubscribe;
  /** Every one must take it; the first Ack there is goes back to the person. Rejects as the first that does, and when nobody listens. */
  tell(event: E): Promise<Ack | undefined>;
  count(): number;
  /** Nobody is told any more. */
  close(): void;
}

/** `onTold`: after all have taken something. */
export function createListeners<E>(onTold = (): void => {}): Listeners<E> {
  const handlers = new Set<Handler<E>>();
  let isClosed = false;
  return {
    add(handler) {
      const mine: Handler<E> = (event) => handler(event);
      handlers.add(mine);
      return () => void handlers.delete(mine);
    },
    async tell(event) {
      if (isClosed || handlers.size === 0) throw new Error("nobody listens");
      const acks = await Promise.all([...handlers].map(async (handler) => handler(event)));
      onTold();
      return acks.find((ack) => ack !== undefined) ?? undefined;
    },
    count: () => (isClosed ? 0 : handlers.size),
    close: () => void (isClosed = true),
  };
}
