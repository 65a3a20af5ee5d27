/**
 * Discord as a connector: a bot of discord.js at the gateway, and calls of the REST API that are each made once. Puts the parts together; the
 * direction outward is send.ts, inward receive.ts and answer.ts.
 */
import type { Client } from "discord.js";
import type { Connector, ConnectorContext, ConnectorLimits } from "../../src/contract/connector.ts";
import { createAccount } from "../shared/account.ts";
import { createCardMemory } from "../shared/card-memory.ts";
import { createGap, type Gap } from "../shared/gap.ts";
import { createLanes } from "../shared/lanes.ts";
import { createMarks } from "../shared/marks.ts";
import { createAnswer } from "./answer.ts";
import { createApi } from "./api.ts";
import { registerCommands } from "./commands.ts";
import { parseConfig } from "./config.ts";
import { measure, TEXT_LIMIT } from "./encode.ts";
import { readAfter, waitingIn } from "./history.ts";
import { snowflakes } from "./ids.ts";
import { createReceive, type Receive } from "./receive.ts";
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
  const { state, log, files } = context;
  const token = context.secrets.get(token_env) ?? "";
  const account = createAccount(context);
  const { inward, isListenedTo, isClosed, onReceipt } = account;
  const lanes = createLanes();
  const marks = createMarks(state, snowflakes);
  const cards = createCardMemory(state);
  const api = createApi(settings, token, () => session.shutOut());
  const { send, can } = createSend({ api, lanes, cards, files, homeChat, isClosed, onReceipt });
  const { receive, gap } = inbound();
  const onReady = (client: Client): void =>
    void ready(client).catch((err: unknown) => log.warn({ err }, "the account could not be looked at"));
  const session = createSession({ settings, token, context, onPacket: receive.packet, onReady });

  function inbound(): { readonly receive: Receive; readonly gap: Gap } {
    const onInteraction = createAnswer({ log, api, cards, ...inward });
    const receive = createReceive({ context, marks, apiBase, ...inward, gap: () => gap, onInteraction });
    const gap = createGap({
      context,
      lanes,
      marks,
      isHeard: () => session.isConnected() && isListenedTo(),
      isClosed,
      waiting: async () => waitingIn(session.client(), marks),
      read: (channel, after) => readAfter(api, channel, after),
      take: async (message) => receive.take(message, session.client()),
    });
    return { receive, gap };
  }

  /** What an operator should know at every start, though the connection stands. */
  async function ready({ application, user }: Client): Promise<void> {
    gap.begin();
    account.onLooked(await inspect(api, settings, await context.placesInUse?.()));
    await registerCommands(api, state, application?.id ?? user?.id ?? "");
  }

  return {
    kind: "discord",
    homeChat,
    limits: LIMITS,
    measure,
    can: {
      edit: true,
      ask: true,
      upload: true,
      linksInAnswers: true,
      losesPresses: true,
      idempotentMs: NONCE_MS,
      catchUp: gap.catchUp,
      ...can,
    },
    send,
    ...account.membersOf(session),
  };
}
