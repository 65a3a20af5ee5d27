/** What all accounts with a connection of their own have in common: listeners, a start that need not be called, and when there was a sign of life. */
import type { ConnectorContext, ConnectorHealth, Unsubscribe } from "../../src/contract/connector.ts";
import type { ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { createListeners } from "./listeners.ts";
import type { Connection } from "./reconnect.ts";

export function createAccountLife(
  { now, setTimer }: Pick<ConnectorContext, "now" | "setTimer">,
  connection: () => Omit<Connection, "lost">,
) {
  const onInbound = (): void => void (lastInboundAt = now());
  const messages = createListeners<InboundMessage>(onInbound);
  const events = createListeners<ConnectorEvent>(onInbound);
  let isStarted = false;
  let isClosed = false;
  let lastInboundAt: number | undefined;
  let lastReceiptAt: number | undefined;

  function start(): Promise<void> {
    isStarted = true;
    return connection().start();
  }

  /** A program that knows no `start` begins by listening. */
  function listen(unsubscribe: Unsubscribe): Unsubscribe {
    setTimer(0, () => void (isStarted || isClosed || start().catch(() => {})));
    return unsubscribe;
  }

  return {
    inward: { deliverMessage: messages.tell, deliverEvent: events.tell },
    isClosed: () => isClosed,
    isHeard: () => connection().isUp() && messages.count() > 0,
    onReceipt: () => void (lastReceiptAt = now()),
    /** `problems`: what an operator should know although it runs. */
    health(problems: string): ConnectorHealth {
      const { facts, detail = problems || undefined, ...rest } = connection().health();
      const heardAt = rest.reachable ? now() - (facts?.heartbeatAgeMs ?? 0) : 0;
      const lastAt = Math.max(lastInboundAt ?? 0, lastReceiptAt ?? 0, heardAt);
      const lastSeen = lastAt > 0 ? new Date(lastAt).toISOString() : undefined;
      return { ...rest, detail, lastSeen, facts: { transport: "down", ...facts, lastInboundAt, lastReceiptAt } };
    },
    start,
    subscribe: (handler: Parameters<typeof messages.add>[0]) => listen(messages.add(handler)),
    onEvent: (handler: Parameters<typeof events.add>[0]) => listen(events.add(handler)),
    async close(): Promise<void> {
      isClosed = true;
      messages.close();
      events.close();
      await connection().close();
    },
  };
}
