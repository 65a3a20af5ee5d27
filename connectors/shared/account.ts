/**
 * One login as the hub sees it: who listens to it, that it starts once, and how it is. The platform's own session is handed in. For connectors
 * of platforms that lie across a network.
 */
import type { CheckResult, Connector, ConnectorContext, ConnectorHealth, Unsubscribe } from "../../src/contract/connector.ts";
import type { ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { createListeners, type Listeners } from "./listeners.ts";

export interface AccountSession {
  start(): Promise<void>;
  health(): Omit<ConnectorHealth, "lastSeen">;
  close(): void | Promise<void>;
}

export interface Account {
  readonly messages: Listeners<InboundMessage>;
  readonly events: Listeners<ConnectorEvent>;
  isClosed(): boolean;
  /** The platform has proved that it took something. */
  onReceipt(): void;
  /** What was looked at as it connected: what is bad is logged, and said with the health while nothing is worse. */
  onLooked(results: readonly CheckResult[]): void;
  /** The connector's members that are the same on every platform. */
  membersOf(session: AccountSession): Required<Pick<Connector, "subscribe" | "onEvent" | "start" | "health" | "close">>;
}

export function createAccount({ now, setTimer, log }: Pick<ConnectorContext, "now" | "setTimer" | "log">): Account {
  let isClosed = false;
  let isStarted = false;
  let lastInboundAt: number | undefined;
  let lastReceiptAt: number | undefined;
  let problems = "";
  const onInbound = (): void => void (lastInboundAt = now());
  const messages = createListeners<InboundMessage>(onInbound);
  const events = createListeners<ConnectorEvent>(onInbound);

  function membersOf(session: AccountSession): ReturnType<Account["membersOf"]> {
    function start(): Promise<void> {
      isStarted = true;
      return session.start();
    }

    /** A program that knows no `start` begins by listening. */
    function listen(unsubscribe: Unsubscribe): Unsubscribe {
      setTimer(0, () => void (isStarted || isClosed || start().catch(() => {})));
      return unsubscribe;
    }

    return {
      start,
      subscribe: (handler) => listen(messages.add(handler)),
      onEvent: (handler) => listen(events.add(handler)),
      async health() {
        const { facts, detail = problems || undefined, ...rest } = session.health();
        const heardAt = rest.reachable ? now() - (facts?.heartbeatAgeMs ?? 0) : 0;
        const lastAt = Math.max(lastInboundAt ?? 0, lastReceiptAt ?? 0, heardAt);
        const lastSeen = lastAt > 0 ? new Date(lastAt).toISOString() : undefined;
        return { ...rest, detail, lastSeen, facts: { transport: "down", ...facts, lastInboundAt, lastReceiptAt } };
      },
      async close() {
        isClosed = true;
        messages.close();
        events.close();
        await session.close();
      },
    };
  }

  return {
    messages,
    events,
    membersOf,
    isClosed: () => isClosed,
    onReceipt: () => void (lastReceiptAt = now()),
    onLooked(results) {
      const bad = results.filter(({ ok }) => !ok);
      for (const { name, detail, remedy } of bad) log.warn({ check: name, remedy }, detail);
      problems = bad.map(({ detail, remedy = "" }) => `${detail}. ${remedy}`).join(" ");
    },
  };
}
