/**
 * The console as a connector: a small chat server inside the hub, with its own durable log and its own HTTP face. It is its own platform.
 * Puts the parts together; the direction outward is send.ts, inward receive.ts.
 */
import type {
  Connector,
  ConnectorContext,
  ConnectorHealth,
  EventHandler,
  MessageHandler,
  Unsubscribe,
} from "../../src/contract/connector.ts";
import { asHubError } from "../../src/contract/errors.ts";
import type { Ack } from "../../src/contract/message.ts";
import { parseConfig } from "./config.ts";
import { createAudience } from "./feed.ts";
import { createConsoleFiles } from "./files.ts";
import { CHAT, MAIN_THREAD } from "./ids.ts";
import { createMessageLog } from "./log.ts";
import { createMarks } from "./page/marks.ts";
import { threadPath } from "./page/threads.ts";
import { createUnsent } from "./page/unsent.ts";
import { createReceive } from "./receive.ts";
import { createPowers, createSend, createTurnstile, type Outward, TEXT_LIMIT } from "./send.ts";
import type { Inward } from "./take.ts";

/** The contract gives `health` five seconds; a store that needs longer than this is not reachable. */
const HEALTH_MS = 4000;

/** Throws HubError `config_invalid`. Opens nothing: the log is read on first use. */
export function createConsoleConnector(config: unknown, context: ConnectorContext): Connector {
  const { state, now, setTimer, files: blobs, hideSecrets = (text) => text } = context;
  const log = createMessageLog(state, { keepEntries: parseConfig(config).keep_entries });
  const files = createConsoleFiles(state, log);
  const turnstile = createTurnstile(setTimer);
  const audience = createAudience({ log, setTimer });
  const messageHandlers = new Set<MessageHandler>();
  const eventHandlers = new Set<EventHandler>();
  let isClosed = false;
  let lastInboundAt: number | undefined;
  let lastReceiptAt: number | undefined;

  const outward: Outward = { log, files, audience, turnstile, now, isClosed: () => isClosed, onReceipt: () => (lastReceiptAt = now()) };
  const inward: Inward = {
    log,
    marks: createMarks(state),
    audience,
    turnstile,
    files,
    unsent: createUnsent(state, now),
    blobs,
    now,
    rights: context.rights,
    hideSecrets,
    deliverMessage: (message) => deliver(messageHandlers, message),
    deliverEvent: (event) => deliver(eventHandlers, event),
  };

  /** Every handler must take it; the first Ack there is goes back to the person. */
  async function deliver<E>(
    handlers: ReadonlySet<(event: E) => void | Promise<Ack | void>>,
    event: E,
  ): Promise<{ ack: Ack | void } | undefined> {
    if (isClosed || handlers.size === 0) return undefined;
    const acks = await Promise.all([...handlers].map(async (handler) => handler(event)));
    lastInboundAt = now();
    return { ack: acks.find((ack) => ack !== undefined) };
  }

  async function health(): Promise<ConnectorHealth> {
    const lastAt = Math.max(lastInboundAt ?? 0, lastReceiptAt ?? 0);
    const shared = { authenticated: true, lastSeen: lastAt > 0 ? new Date(lastAt).toISOString() : undefined };
    const facts = (transport: "connected" | "down" | "stopped") => ({ transport, lastInboundAt, lastReceiptAt });
    if (isClosed) return { ...shared, reachable: false, detail: "closed", facts: facts("stopped") };
    const trouble = await troubleWithLog();
    return { ...shared, reachable: trouble === undefined, detail: trouble, facts: facts(trouble === undefined ? "connected" : "down") };
  }

  /** The log is the only thing the console depends on. */
  async function troubleWithLog(): Promise<string | undefined> {
    let cancel = (): void => {};
    const late = new Promise<string>((resolve) => (cancel = setTimer(HEALTH_MS, () => resolve("the store does not answer"))));
    const read = log.check().then(
      () => undefined,
      (error: unknown) => asHubError(error).message,
    );
    return Promise.race([read, late]).finally(() => cancel());
  }

  return {
    kind: "console",
    homeChat: CHAT,
    homeThread: MAIN_THREAD,
    limits: { text: TEXT_LIMIT, countsAsEvent: [] },
    can: createPowers(outward),
    send: createSend(outward),
    subscribe: (handler) => subscribeTo(messageHandlers, handler),
    onEvent: (handler) => subscribeTo(eventHandlers, handler),
    start: () => log.check(),
    health,
    http: createReceive(inward),
    pageOf: ({ threadId = MAIN_THREAD }) => threadPath("", threadId),
    async close() {
      isClosed = true;
      audience.sendHome();
      await log.idle();
    },
  };
}

/** The same function subscribed twice is two subscriptions. */
function subscribeTo<H extends (event: never) => unknown>(handlers: Set<H>, handler: H): Unsubscribe {
  const mine = ((event: never) => handler(event)) as H;
  handlers.add(mine);
  return () => void handlers.delete(mine);
}
