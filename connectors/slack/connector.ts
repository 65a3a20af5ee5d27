/**
 * Slack as a connector: the socket client and the web client of Bolt, each with its own retries off. Puts the parts together; the direction
 * outward is send.ts, inward receive.ts and answer.ts.
 */
import type { Connector, ConnectorContext, ConnectorLimits } from "../../src/contract/connector.ts";
import { createAccount } from "../shared/account.ts";
import { createCardMemory } from "../shared/card-memory.ts";
import { createGap, type Gap } from "../shared/gap.ts";
import { createLanes } from "../shared/lanes.ts";
import { createMarks } from "../shared/marks.ts";
import { createNames } from "../shared/names.ts";
import { createAnswer } from "./answer.ts";
import { createApi } from "./api.ts";
import { parseConfig } from "./config.ts";
import { measure, TEXT_LIMIT } from "./encode.ts";
import { createFiles, UPLOAD_BYTES } from "./files.ts";
import { readAfter, waitingIn } from "./history.ts";
import { stamps } from "./ids.ts";
import { createReceive } from "./receive.ts";
import { createRequests } from "./requests.ts";
import { createSend } from "./send.ts";
import { createSession } from "./session.ts";
import { inspect, nameOf } from "./setup.ts";

const LIMITS: ConnectorLimits = {
  text: TEXT_LIMIT,
  // chat.postMessage: one a second for each channel, and "several hundred" a minute for a workspace. chat.update: Tier 3, 50 a minute for a workspace.
  // A tenth more than a second, since calls arrive unevenly. Slack Developer Docs, "Rate limits" (2026).
  pace: {
    perChat: { count: 1, windowMs: 1100 },
    perAccount: [
      { count: 200, windowMs: 60_000 },
      { count: 50, windowMs: 60_000, kinds: ["edit"] },
    ],
  },
  // A status line lasts for two minutes, or until the next message: assistant.threads.setStatus (2026).
  typingMs: 110_000,
  // `action_id`: Block Kit reference (2026).
  buttonTokenBytes: 255,
  uploadBytes: UPLOAD_BYTES,
  countsAsEvent: ["send", "edit"],
};

const REVOKED = { reason: "Slack refused the bot token", remedy: "Install the app again and set the variable to its new bot token." };

/** Throws HubError `config_invalid`. Opens no connection. */
export function createSlackConnector(config: unknown, context: ConnectorContext): Connector {
  const settings = parseConfig(config);
  const { channel_id: homeChat, token_env, app_token_env, signing_secret_env, mode } = settings;
  const { state, setTimer, log } = context;
  const [bot = "", app = "", signing = ""] = [token_env, app_token_env, signing_secret_env].map((name) => context.secrets.get(name));
  const account = createAccount(context);
  const { inward, isListenedTo, isClosed, onReceipt } = account;
  const lanes = createLanes();
  const marks = createMarks(state, stamps);
  const cards = createCardMemory(state);

  const api = createApi({ settings, token: bot, setTimer, onShutOut: () => session.stop(REVOKED) });
  const files = createFiles(api, settings, bot, context);
  const self = () => session.self();
  const { send, can } = createSend({ api, lanes, cards, files, context, homeChat, self, isClosed, onReceipt });
  const onInteraction = createAnswer({ context, api, cards, self, whisper: can.whisper, ...inward });
  const namesOf = createNames((id) => nameOf(api, id), setTimer);
  const receiving = { context, marks, settings, self, namesOf, fetchFile: files.fetch, onInteraction, ...inward };
  const receive = createReceive({ ...receiving, gap: () => gap });
  const waiting = () => waitingIn(api, marks);
  const read = (key: string, after: string) => readAfter(api, key, after);
  const isHeard = (): boolean => session.isUp() && isListenedTo();
  const gap: Gap = createGap({ context, lanes, marks, isHeard, isClosed, waiting, read, take: receive.take });
  const { envelope: onEnvelope, missed: onUnreadable } = receive;
  const session = createSession({ settings, tokens: { bot, app, signing }, api, context, onEnvelope, onUnreadable, onReady });
  const http = createRequests(signing, context, onEnvelope);

  function onReady(): void {
    gap.begin();
    // What an operator should know at every start, though the connection stands.
    inspect(api, settings).then(account.onLooked, (err: unknown) => log.warn({ err }, "the account could not be looked at"));
  }

  return {
    kind: "slack",
    homeChat,
    limits: LIMITS,
    measure,
    can: { edit: true, ask: true, upload: true, linksInAnswers: true, losesPresses: true, catchUp: gap.catchUp, ...can },
    send,
    ...(mode === "http" ? { http } : {}),
    ...account.membersOf(session),
  };
}
