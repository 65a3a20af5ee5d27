/**
 * One login as the hub sees it: who listens to it, when there was a sign of life, and how it is. The platform's own session is handed in. For connectors
 * of platforms that lie across a network.
 */
import type { CheckResult, Connector, ConnectorContext, ConnectorHealth } from "../../src/contract/connector.ts";
import type { Ack, ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { createListeners } from "./listeners.ts";

export interface AccountSession {
  start(): Promise<void>;
  health(): Omit<ConnectorHealth, "lastSeen"> | Promise<Omit<ConnectorHealth, "lastSeen">>;
  close(): void | Promise<void>;
}

/** To the hub. Both reject when it could not take it, or nobody listens. */
export interface Inward {
  readonly deliverMessage: (message: InboundMessage) => Promise<Ack | undefined>;
  readonly deliverEvent: (event: ConnectorEvent) => Promise<Ack | undefined>;
}

export interface Account {
  readonly inward: Inward;
  /** Somebody is there to be told messages. */
  isListenedTo(): boolean;
  isClosed(): boolean;
  /** The platform has proved that it took something. */
  onReceipt(): void;
  /** What was looked at as it connected: what is bad is logged, and said with the health while nothing is worse. */
  onLooked(results: readonly CheckResult[]): void;
  /** The connector's members that are the same on every platform. */
  membersOf(session: AccountSession): Required<Pick<Connector, "subscribe" | "onEvent" | "start" | "health" | "close">>;
}

export function createAccount({ now, log }: Pick<ConnectorContext, "now" | "log">): Account {
  let isClosed = false;
  let lastInboundAt: number | undefined;
  let lastReceiptAt: number | undefined;
  let problems = "";
  const onInbound = (): void => void (lastInboundAt = now());
  const messages = createListeners<InboundMessage>(onInbound);
  const events = createListeners<ConnectorEvent>(onInbound);

  function membersOf(session: AccountSession): ReturnType<Account["membersOf"]> {
    return {
      start: () => session.start(),
      subscribe: messages.add,
      onEvent: events.add,
      async health() {
        const { facts, detail = problems || undefined, ...rest } = await session.health();
        const heardAt = facts?.heartbeatAgeMs === undefined ? 0 : now() - facts.heartbeatAgeMs;
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
    inward: {
      deliverMessage: messages.tell,
      // A program that hears messages alone is told of nothing else.
      deliverEvent: async (event) => (events.count() === 0 && messages.count() > 0 ? undefined : events.tell(event)),
    },
    membersOf,
    isListenedTo: () => messages.count() > 0,
    isClosed: () => isClosed,
    onReceipt: () => void (lastReceiptAt = now()),
    onLooked(results) {
      const bad = results.filter(({ ok }) => !ok);
      for (const { name, detail, remedy } of bad) log.warn({ check: name, remedy }, detail);
      problems = bad.map(({ detail, remedy = "" }) => `${detail}. ${remedy}`).join(" ");
    },
  };
}
