/**
 * Discord as a connector: a bot of discord.js at the gateway, and calls of the REST API that are each made once. Puts the parts together; the
 * direction outward is send.ts, inward receive.ts and answer.ts.
 */
import type { Client } from "discord.js";
import type { Connector, ConnectorContext, ConnectorHealth, ConnectorLimits, Unsubscribe } from "../../src/contract/connector.ts";
import type { ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { createCardMemory } from "../shared/card-memory.ts";
import { createGap, type Gap } from "../shared/gap.ts";
import { createLanes } from "../shared/lanes.ts";
import { createListeners } from "../shared/listeners.ts";
import { createMarks } from "../shared/marks.ts";
import { createAnswer } from "./answer.ts";
import { createApi } from "./api.ts";
import { readAfter, waitingIn } from "./catch-up.ts";
import { registerCommands } from "./commands.ts";
import { parseConfig } from "./config.ts";
import { measure, TEXT_LIMIT } from "./encode.ts";
import { snowflakes } from "./ids.ts";
import { createReceive, type Inward, type Receive } from "./receive.ts";
import { createSend, UPLOAD_BYTES } from "./send.ts";
import { createSession } from "./session.ts";
import { inspect } from "./setup.ts";

const LIMITS: ConnectorLimits = {
  text: TEXT_LIMIT,
  // All calls of one bot: 50 a second (Rate Limits, 2026). What a channel bears is told with every answer.
  pace: { perAccount: { count: 50, windowMs: 1000 } },
  // "Trigger Typing Indicator" (2026).
  typingMs: 10_000,
  buttonTokenBytes: 100,
  uploadBytes: UPLOAD_BYTES,
  countsAsEvent: ["send", "edit", "reaction", "typing"],
};
/** The same nonce gives the same message for "the past few minutes" (Create Message, 2026). */
const NONCE_MS = 120_000;

/** Throws HubError `config_invalid`. Opens no connection. */
export function createDiscordConnector(config: unknown, context: ConnectorContext): Connector {
  const settings = parseConfig(config);
  const { api_base: apiBase, channel_id: homeChat, token_env } = settings;
  const { state, now, setTimer, log, files } = context;
  const token = context.secrets.get(token_env) ?? "";
  const onInbound = (): void => void (lastInboundAt = now());
  const messages = createListeners<InboundMessage>(onInbound);
  const events = createListeners<ConnectorEvent>(onInbound);
  const lanes = createLanes();
  const marks = createMarks(state, snowflakes);
  const cards = createCardMemory(state);
  let isClosed = false;
  let isStarted = false;
  let lastInboundAt: number | undefined;
  let lastReceiptAt: number | undefined;
  let problems = "";

  const api = createApi(settings, token, () => session.shutOut());
  const onReceipt = (): void => void (lastReceiptAt = now());
  const { send, can } = createSend({ api, lanes, cards, files, homeChat, isClosed: () => isClosed, onReceipt });
  const { receive, gap } = inbound();
  const onReady = (client: Client): void =>
    void ready(client).catch((err: unknown) => log.warn({ err }, "the account could not be looked at"));
  const session = createSession({ settings, token, context, onPacket: receive.packet, onReady });

  function inbound(): { readonly receive: Receive; readonly gap: Gap } {
    const inward: Inward = { deliverMessage: messages.tell, deliverEvent: events.tell };
    const onInteraction = createAnswer({ log, api, cards, ...inward });
    const receive = createReceive({ context, marks, apiBase, ...inward, gap: () => gap, onInteraction });
    const gap = createGap({
      context,
      lanes,
      marks,
      isHeard: () => session.isConnected() && messages.count() > 0,
      isClosed: () => isClosed,
      waiting: async () => waitingIn(session.client(), marks),
      read: (channel, after) => readAfter(api, channel, after),
      take: async (message) => receive.take(message, session.client()),
    });
    return { receive, gap };
  }

  /** What an operator should know at every start, though the connection stands. */
  async function ready({ application, user }: Client): Promise<void> {
    gap.begin();
    const bad = (await inspect(api, settings)).filter(({ ok }) => !ok);
    for (const { name, detail, remedy } of bad) log.warn({ check: name, remedy }, detail);
    problems = bad.map(({ detail, remedy = "" }) => `${detail}. ${remedy}`).join(" ");
    await registerCommands(api, state, application?.id ?? user?.id ?? "");
  }

  function start(): Promise<void> {
    isStarted = true;
    return session.start();
  }

  /** A program that knows no `start` begins by listening. */
  function listen(unsubscribe: Unsubscribe): Unsubscribe {
    setTimer(0, () => void (isStarted || isClosed || start().catch(() => {})));
    return unsubscribe;
  }

  async function health(): Promise<ConnectorHealth> {
    const { facts, detail = problems || undefined, ...rest } = session.health();
    const heardAt = rest.reachable ? now() - (facts?.heartbeatAgeMs ?? 0) : 0;
    const lastAt = Math.max(lastInboundAt ?? 0, lastReceiptAt ?? 0, heardAt);
    const lastSeen = lastAt > 0 ? new Date(lastAt).toISOString() : undefined;
    return { ...rest, detail, lastSeen, facts: { transport: "down", ...facts, lastInboundAt, lastReceiptAt } };
  }

  return {
    kind: "discord",
    homeChat,
    limits: LIMITS,
    measure,
    can: { edit: true, ask: true, upload: true, idempotentMs: NONCE_MS, catchUp: gap.catchUp, ...can },
    send,
    subscribe: (handler) => listen(messages.add(handler)),
    onEvent: (handler) => listen(events.add(handler)),
    start,
    health,
    async close() {
      isClosed = true;
      messages.close();
      events.close();
      await session.close();
    },
  };
}
