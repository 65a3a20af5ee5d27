/** The connector of the fake platform on a raw TCP line, which knows no keys, keeps no history and can change nothing. */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";
import { type Connector, type ConnectorContext, defineConnector, type MessageHandler } from "../../../../src/contract/connector.ts";
import type { OutboundMessage, SendResult, Verdict } from "../../../../src/contract/message.ts";
import { LINE_CHAT, LINE_TEXT_MAX } from "./platform.ts";

const config = z.strictObject({
  kind: z.literal("line").optional(),
  port: z.number(),
  token_env: z.string().default("LINE_TOKEN"),
  /** How long an answer is waited for, ms. */
  answer_ms: z.number().default(400),
  heartbeat_ms: z.number().default(100),
});

const fromPlatform = z.union([
  z.object({ welcome: z.boolean() }),
  z.object({ pong: z.number() }),
  z.object({ sent: z.number(), id: z.string() }),
  z.object({ failed: z.number(), code: z.number(), retryMs: z.number().optional() }),
  z.object({
    event: z.number(),
    chat: z.string(),
    thread: z.string().optional(),
    from: z.string(),
    name: z.string().optional(),
    ts: z.string(),
    text: z.string(),
    direct: z.boolean().default(false),
  }),
]);
type FromPlatform = z.infer<typeof fromPlatform>;
type Event = Extract<FromPlatform, { event: number }>;

const RECONNECT_MS = 50;
/** After this many heartbeats without an answer the line is dead, whatever TCP says. */
const MISSED_HEARTBEATS = 3;

export default defineConnector({
  kind: "line",
  summary: "A fake platform on a raw line that can do next to nothing.",
  config,
  environment: [{ name: "LINE_TOKEN", purpose: "the account's token", secret: true }],
  factory: (block, context) => createLineConnector(config.parse(block), context),
});

function createLineConnector(settings: z.infer<typeof config>, context: ConnectorContext): Connector {
  const token = context.secrets.get(settings.token_env) ?? "";
  const handlers = new Set<MessageHandler>();
  const waiting = new Map<number, (result: SendResult) => void>();
  let socket: Socket | undefined;
  let isWelcome = false;
  let isShutOut = false;
  let isClosed = false;
  let lastPongAt = 0;
  let calls = 0;

  const write = (message: object): void => void socket?.write(`${JSON.stringify(message)}\n`);

  function open(): void {
    if (isClosed) return;
    lastPongAt = context.now();
    const mine = connect(settings.port, "127.0.0.1", () => write({ hello: token }));
    socket = mine;
    mine.on("error", () => {});
    createInterface({ input: mine })
      .on("error", () => {})
      .on("line", (line) => void hear(fromPlatform.parse(JSON.parse(line))));
    mine.once("close", () => {
      isWelcome = false;
      for (const answer of waiting.values()) answer(UNANSWERED);
      context.setTimer(RECONNECT_MS, open);
    });
  }

  function beat(): void {
    if (isClosed) return;
    // Also a line on which nobody has answered the greeting.
    if (isOverdue()) socket?.destroy();
    else if (isWelcome) write({ ping: context.now() });
    context.setTimer(settings.heartbeat_ms, beat);
  }

  const isOverdue = (): boolean => context.now() - lastPongAt > settings.heartbeat_ms * MISSED_HEARTBEATS;

  async function hear(message: FromPlatform): Promise<void> {
    if ("welcome" in message) {
      isWelcome = message.welcome;
      isShutOut = !message.welcome;
      lastPongAt = context.now();
    } else if ("pong" in message) lastPongAt = context.now();
    else if ("sent" in message) {
      const receipt = { messageId: message.id, chatId: LINE_CHAT };
      waiting.get(message.sent)?.({ delivered: true, outcome: "sent", messageId: message.id, receipt });
    } else if ("failed" in message) waiting.get(message.failed)?.(refusal(message));
    else await take(message);
  }

  async function take({ event, chat: chatId, thread: threadId, from: sender, name: senderName, ts, text, direct }: Event): Promise<void> {
    if (isClosed || handlers.size === 0) return;
    const message = { eventId: `line-${event}`, chatId, threadId, sender, senderName, ts, text, direct, mentionsBot: true };
    try {
      await Promise.all([...handlers].map((handler) => handler(message)));
      write({ confirm: event });
    } catch {
      // Not taken, so not confirmed: the platform says it again.
    }
  }

  async function send({ text, chatId: chat = LINE_CHAT, threadId: thread }: OutboundMessage): Promise<SendResult> {
    if (isClosed || !isWelcome) return notSent("there is no connection", { do: "retry" });
    const number = (calls += 1);
    return new Promise((resolve) => {
      const settle = (result: SendResult): void => {
        waiting.delete(number);
        cancel();
        resolve(result);
      };
      const cancel = context.setTimer(settings.answer_ms, () => settle(UNANSWERED));
      waiting.set(number, settle);
      write({ send: number, chat, thread, text });
    });
  }

  return {
    kind: "line",
    homeChat: LINE_CHAT,
    limits: { text: { max: LINE_TEXT_MAX, unit: "bytes" }, countsAsEvent: ["send"] },
    send,
    // What was not confirmed is said again on the next connection.
    can: { replays: true },
    subscribe(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    async start() {
      open();
      beat();
    },
    async health() {
      const reachable = isWelcome && !isOverdue() && !isClosed;
      const heartbeatAgeMs = context.now() - lastPongAt;
      return { reachable, authenticated: !isShutOut, facts: { transport: reachable ? "connected" : "down", heartbeatAgeMs } };
    },
    async close() {
      isClosed = true;
      socket?.destroy();
    },
  };
}

const UNANSWERED: SendResult = { delivered: false, outcome: "unknown", error: "no answer", verdict: { do: "retry" } };

function refusal({ code, retryMs }: Extract<FromPlatform, { failed: number }>): SendResult {
  if (code === 401) return notSent("the account is shut out", { do: "reauth" });
  if (code === 429) return notSent("too many messages", retryMs === undefined ? { do: "retry" } : { do: "retry_after", ms: retryMs });
  // Nothing can be looked up here: a fault of the platform is taken at its word that nothing was kept.
  return code >= 500 ? notSent("the platform is out of order", { do: "retry" }) : notSent("the message is not acceptable", { do: "drop" });
}

function notSent(error: string, verdict: Verdict): SendResult {
  return { delivered: false, outcome: "not_sent", error, verdict };
}
