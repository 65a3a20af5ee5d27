/**
 * Telegram as a connector: the Bot API by grammY, polled or by webhook, each call made once. Puts the parts together; the direction outward is
 * send.ts, inward session.ts, receive.ts and answer.ts.
 */
import { createHash } from "node:crypto";
import type { Connector, ConnectorContext, ConnectorLimits } from "../../src/contract/connector.ts";
import { createAccount } from "../shared/account.ts";
import { movedEvent } from "../shared/changes.ts";
import { createLanes } from "../shared/lanes.ts";
import { isSameSecret } from "../shared/same-secret.ts";
import { createAnswer } from "./answer.ts";
import { createApi } from "./api.ts";
import { createCardPresses } from "./cards.ts";
import { setMenu } from "./commands.ts";
import { parseConfig } from "./config.ts";
import type { Self } from "./decode.ts";
import { measure, TEXT_LIMIT } from "./encode.ts";
import { createReceive, update } from "./receive.ts";
import { createSend, UPLOAD_BYTES } from "./send.ts";
import { createSession } from "./session.ts";
import { inspect } from "./setup.ts";
import { createTopics } from "./topics.ts";

const LIMITS: ConnectorLimits = {
  text: TEXT_LIMIT,
  // "One message per second" in a chat, "20 messages per minute" in a group, "about 30 messages per second" in all (Bots FAQ, 2026). A chat's
  // kind is not known here, so the group's holds for each. Edits count as messages do, and any call may be refused for its pace.
  pace: {
    perChat: [
      { count: 1, windowMs: 1000 },
      { count: 20, windowMs: 60_000 },
    ],
    perAccount: { count: 30, windowMs: 1000 },
  },
  // "5 seconds or less" (sendChatAction, 2026).
  typingMs: 5000,
  buttonTokenBytes: 64,
  uploadBytes: UPLOAD_BYTES,
  countsAsEvent: ["send", "edit", "reaction", "typing"],
};

/** Throws HubError `config_invalid`. Opens no connection. */
export function createTelegramConnector(config: unknown, context: ConnectorContext): Connector {
  const settings = parseConfig(config);
  const { chat_id: homeChat, token_env, webhook_url: hook } = settings;
  const { state, now, log, files } = context;
  const token = context.secrets.get(token_env) ?? "";
  const secret = createHash("sha256").update(`webhook of ${token}`).digest("base64url");
  const account = createAccount(context);
  const { inward, isClosed, onReceipt } = account;

  const api = createApi(settings, token);
  const lanes = createLanes();
  const topics = createTopics(api, state, lanes, log);
  const cards = createCardPresses(state);
  const { send, can } = createSend({
    api,
    state,
    lanes,
    cards,
    topics,
    files,
    homeChat,
    isClosed,
    onReceipt,
    async onMoved(from, to) {
      const told = inward.deliverEvent(movedEvent({ by: "telegram", from, to, at: now() }));
      await told.catch((thrown: unknown) => log.warn({ reason: (thrown as Error).message }, "that a chat has moved could not be taken"));
    },
  });

  const onPress = createAnswer({ context, api, cards, ...inward });
  const receive = createReceive({ context, api, topics, onPress, ...inward });
  const session = createSession({ settings, api, context, secret, receive, onConnected });

  /** What an operator should know at every start, though the connection stands. */
  async function onConnected({ id }: Self): Promise<void> {
    account.onLooked(await inspect(api, settings, await context.placesInUse?.()));
    await setMenu(api, state, id);
  }

  /** Telegram calls again until it is answered well. */
  async function http(request: Request, path: string): Promise<Response> {
    if (hook === undefined || path.replace(/^\//, "") !== "updates" || request.method !== "POST")
      return new Response(null, { status: 404 });
    if (!isSameSecret(request.headers.get("x-telegram-bot-api-secret-token") ?? "", secret)) return new Response(null, { status: 401 });
    const self = session.self();
    const { data: one } = update.safeParse(await request.json().catch(() => undefined));
    if (!one) return new Response(null, { status: 400 });
    const isTaken = self !== undefined && !isClosed() && (await receive([one], self)) === undefined;
    return new Response(null, { status: isTaken ? 200 : 503 });
  }

  return {
    kind: "telegram",
    homeChat,
    limits: LIMITS,
    measure,
    can: { edit: true, ask: true, upload: true, replays: true, ...can },
    send,
    http,
    ...account.membersOf(session),
  };
}
