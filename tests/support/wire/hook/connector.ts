/** The connector of the fake HTTP platform, written as somebody outside would write one: keys, history, edits, buttons, webhooks. */
import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import {
  type Connector,
  type ConnectorContext,
  defineConnector,
  type EventHandler,
  type MessageHandler,
} from "../../../../src/contract/connector.ts";
import { HubError } from "../../../../src/contract/errors.ts";
import type { Ack, OutboundMessage, Receipt, SendResult, Verdict } from "../../../../src/contract/message.ts";
import { HOOK_CHAT, HOOK_TEXT_MAX, signatureOf } from "./platform.ts";

const config = z.strictObject({
  kind: z.literal("hook").optional(),
  url: z.url(),
  token_env: z.string().default("HOOK_TOKEN"),
  /** How long an answer is waited for, ms. */
  answer_ms: z.number().default(400),
});

const said = z.object({
  n: z.number(),
  type: z.enum(["message", "press"]),
  chat: z.string(),
  thread: z.string().optional(),
  from: z.string(),
  ts: z.string(),
  text: z.string(),
  subject: z.string().default(""),
  choice: z.string().default(""),
});
type Heard = z.infer<typeof said>;
const history = z.array(z.object({ id: z.string(), key: z.string().optional(), thread: z.string().optional() }));

/** A day, as the platform promises. */
const KEY_KNOWN_MS = 86_400_000;

export default defineConnector({
  kind: "hook",
  summary: "A fake platform over HTTP that can do everything.",
  config,
  environment: [{ name: "HOOK_TOKEN", purpose: "the account's token", secret: true }],
  factory: (block, context) => createHookConnector(config.parse(block), context),
});

function createHookConnector(settings: z.infer<typeof config>, context: ConnectorContext): Connector {
  const token = context.secrets.get(settings.token_env) ?? "";
  const onMessage = new Set<MessageHandler>();
  const onEvent = new Set<EventHandler>();
  let isClosed = false;

  const request = (path: string, init: { method?: string; body?: unknown } = {}): Promise<Response> =>
    fetch(`${settings.url}${path}`, {
      method: init.method ?? "GET",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      signal: AbortSignal.timeout(settings.answer_ms),
    });

  let line: Promise<unknown> = Promise.resolve();
  /** One call at a time: the platform orders by arrival. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = line.then(work);
    line = mine.catch(() => {});
    return mine;
  };

  const change = (path: string, method: string, body: unknown, receipt: Omit<Receipt, "messageId"> = {}): Promise<SendResult> =>
    inTurn(async () => {
      if (isClosed) return notSent("the connector is closed", { do: "retry" });
      try {
        const response = await request(path, { method, body });
        if (response.status !== 200) return refusal(response);
        const { id } = z.object({ id: z.string() }).parse(await response.json());
        return { delivered: true, outcome: "sent", messageId: id, receipt: { messageId: id, ...receipt } };
      } catch (thrown) {
        return { delivered: false, outcome: "unknown", error: `no answer (${(thrown as Error).name})`, verdict: { do: "retry" } };
      }
    });

  function send(message: OutboundMessage): Promise<SendResult> {
    const { text, chatId = HOOK_CHAT, threadId, edits, idempotencyKey: key, card, mentions = [] } = message;
    const place = { chatId, threadId };
    if (edits) return change(`/messages/${encodeURIComponent(edits.messageId)}`, "PATCH", { text }, place);
    const body = { text, thread: threadId, key, buttons: card?.type === "approval", notified: mentions.map(({ id }) => id) };
    return change(`/chats/${chatId}/messages`, "POST", body, place);
  }

  async function hand(heard: Heard): Promise<Ack | undefined> {
    if (isClosed || onMessage.size + onEvent.size === 0) throw new Error("nobody listens");
    const { from: sender, chat: chatId, thread: threadId, ts, text, subject, choice } = heard;
    const at = { eventId: `hook-${heard.n}`, sender, chatId, threadId, ts };
    const acks =
      heard.type === "message"
        ? [...onMessage].map((handler) => handler({ ...at, text, direct: false, mentionsBot: true }))
        : [...onEvent].map((handler) => handler({ ...at, type: "action", subject, choice }));
    const ack = (await Promise.all(acks)).find((one) => one !== undefined);
    // Only now: what is not journalled is asked for again.
    const before = Number((await context.state.get("cursor")) ?? 0);
    if (heard.n > before) await context.state.set("cursor", heard.n);
    return ack ?? undefined;
  }

  return {
    kind: "hook",
    homeChat: HOOK_CHAT,
    limits: { text: { max: HOOK_TEXT_MAX, unit: "utf16" }, countsAsEvent: ["send", "edit", "reaction"] },
    send,
    subscribe: (handler) => subscribeTo(onMessage, handler),
    onEvent: (handler) => subscribeTo(onEvent, handler),
    can: {
      edit: true,
      ask: true,
      answersMessages: true,
      idempotentMs: KEY_KNOWN_MS,
      react: (_place, target, emoji) => change(`/messages/${target.messageId}/reactions/${encodeURIComponent(emoji)}`, "PUT", {}),
      async openThread({ chatId }, from, title) {
        const opened = await change(`/chats/${chatId}/threads/${encodeURIComponent(from)}`, "PUT", { title });
        if (opened.messageId === undefined) throw new HubError("platform_unreachable", { reason: opened.error ?? "" });
        return { threadId: opened.messageId };
      },
      async reconcile({ idempotencyKey, chatId = HOOK_CHAT }) {
        const response = await request(`/chats/${chatId}/messages`);
        if (response.status !== 200) throw new Error(`the history answers ${response.status}`);
        const found = history.parse(await response.json()).find(({ key }) => key !== undefined && key === idempotencyKey);
        return found && { messageId: found.id, chatId, threadId: found.thread };
      },
      async catchUp() {
        const after = Number((await context.state.get("cursor")) ?? 0);
        const missed = z.array(said).parse(await (await request(`/events?after=${after}`)).json());
        for (const one of missed) await hand(one);
        return { fetched: missed.length };
      },
    },
    async health() {
      if (isClosed) return { reachable: false, authenticated: true, detail: "closed" };
      try {
        const { status } = await request("/me");
        return { reachable: status < 500, authenticated: status === 200, lastSeen: new Date(context.now()).toISOString() };
      } catch {
        return { reachable: false, authenticated: true, detail: "it does not answer" };
      }
    },
    async http(incoming) {
      const body = await incoming.text();
      if (!isSigned(body, incoming.headers.get("x-signature") ?? "", token)) return Response.json({}, { status: 403 });
      try {
        return Response.json({ answer: wordsOf(await hand(said.parse(JSON.parse(body)))) });
      } catch {
        return Response.json({}, { status: 503 });
      }
    },
    async close() {
      isClosed = true;
      await line;
    },
  };
}

function subscribeTo<H>(handlers: Set<H>, handler: H): () => void {
  handlers.add(handler);
  return () => void handlers.delete(handler);
}

function wordsOf(ack: Ack | undefined): string | undefined {
  if (ack?.type === "refused") return ack.privateText;
  return ack?.type === "privateText" ? ack.text : undefined;
}

async function refusal(response: Response): Promise<SendResult> {
  const { error } = z.object({ error: z.string() }).parse(await response.json());
  const retryAfter = response.headers.get("retry-after");
  switch (response.status) {
    case 401:
      return notSent(error, { do: "reauth" });
    case 429:
      return notSent(error, { do: "retry_after", ms: retryAfter === null ? 1000 : Number(retryAfter) * 1000 });
    default:
      // A fault of the platform may come after it has kept the message.
      if (response.status >= 500) return { delivered: false, outcome: "unknown", error, verdict: { do: "retry" } };
      return notSent(error, { do: "drop" });
  }
}

function notSent(error: string, verdict: Verdict): SendResult {
  return { delivered: false, outcome: "not_sent", error, verdict };
}

function isSigned(body: string, given: string, token: string): boolean {
  const wanted = Buffer.from(signatureOf(body, token));
  const found = Buffer.from(given);
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}
