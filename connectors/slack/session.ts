/**
 * How Slack's events come: over one socket of @slack/socket-mode, or, in HTTP mode, by requests as long as the token works. The client's own
 * reconnect is off, since one that fails for good ends the process. Knows nothing of what is said over it.
 */
import type { SocketModeClient } from "@slack/socket-mode";
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import { askedWaitMs, isDropped } from "../shared/api-error.ts";
import { type Connection, createConnection, type Trouble } from "../shared/reconnect.ts";
import { type Api, apiErrorOf, clientOptions, silentLogger } from "./api.ts";
import type { SlackConfig } from "./config.ts";
import type { Self } from "./decode.ts";

/** Empty where it is not set. */
export type Tokens = Readonly<Record<"bot" | "app" | "signing", string>>;

export interface Envelope {
  readonly type: "events_api" | "interactive" | "slash_commands";
  readonly body: unknown;
}

export interface SessionParts {
  readonly settings: SlackConfig;
  readonly tokens: Tokens;
  readonly api: Api;
  readonly context: Pick<ConnectorContext, "account" | "now" | "setTimer" | "log">;
  /** What it resolves with goes into the acknowledgement; when it rejects there is none. */
  readonly onEnvelope: (envelope: Envelope) => Promise<unknown>;
  readonly onReady: () => void;
  /** Slack told something that was not understood, as that it limits the events. */
  readonly onUnreadable: () => void;
}

export interface Session extends Omit<Connection, "lost"> {
  /** Throws before the first connection. */
  self(): Self;
}

/** The client says good-bye and waits for the answer. */
const FAREWELL_MS = 1000;
const REMEDY = "Copy the token again from api.slack.com/apps (OAuth & Permissions, or Basic Information for the app token) and start anew.";
const known = z.object({ user_id: z.string(), team_id: z.string() });
const KINDS = z.enum(["events_api", "interactive", "slash_commands"]);

type Told = { readonly ack: (answer?: unknown) => Promise<void>; readonly type: string; readonly body: unknown };

export function createSession({ settings, tokens, api, context, onEnvelope, onReady, onUnreadable }: SessionParts): Session {
  const { now, setTimer, log } = context;
  const isSocket = settings.mode === "socket";
  const overdueMs = settings.heartbeat_overdue_ms;
  let client: SocketModeClient | undefined;
  let self: Self | undefined;
  let lastHeardAt = 0;

  const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimer(ms, resolve));

  async function open(): Promise<void> {
    const name = lacking();
    if (name !== undefined) throw new Error(name);
    const { user_id: userId, team_id: teamId } = known.parse(await api.call("auth.test"));
    self = { userId, teamId };
    lastHeardAt = now();
    if (isSocket) await openSocket();
    else setTimer(overdueMs / 3, () => void beat());
  }

  /** Resolves when Slack has said hello. */
  async function openSocket(): Promise<void> {
    const mine = await makeSocket();
    client = mine;
    mine.on("slack_event", (told: Told) => void take(mine, told));
    mine.on("disconnected", () => void (mine === client && connection.lost("the connection to Slack is gone")));
    const begun = mine.start().then(() => void (mine === client || farewell(mine)));
    await Promise.race([begun, after(settings.answer_ms).then(() => Promise.reject(new Error("no hello")))]);
  }

  async function makeSocket(): Promise<SocketModeClient> {
    const { SocketModeClient } = await import("@slack/socket-mode");
    class Socket extends SocketModeClient {
      /** What is not as documented ends no process: the original is called by an emitter, where a rejection is nobody's. */
      protected override async onWebSocketMessage(data: string | ArrayBuffer, isBinary: boolean): Promise<void> {
        lastHeardAt = now();
        await super.onWebSocketMessage(data, isBinary).catch(onUnreadable);
      }
    }
    const appToken = tokens.app;
    const fixed = { autoReconnectEnabled: false, clientPingTimeout: overdueMs, logger: silentLogger() };
    return new Socket({ appToken, ...fixed, clientOptions: clientOptions(settings) });
  }

  async function take(mine: SocketModeClient, { ack, type, body }: Told): Promise<void> {
    const kind = KINDS.safeParse(type).data;
    if (mine !== client || kind === undefined) return;
    try {
      const answer = await onEnvelope({ type: kind, body });
      if (mine === client) await ack(answer);
    } catch (err) {
      log.warn({ err }, "an event of Slack was not acknowledged; it will come again");
    }
  }

  async function end(): Promise<void> {
    const mine = client;
    client = undefined;
    if (mine) await farewell(mine);
  }

  /** Said twice, it hangs up on whoever does not answer. */
  async function farewell(mine: SocketModeClient): Promise<void> {
    await Promise.race([mine.disconnect().catch(() => {}), after(FAREWELL_MS)]);
    mine.websocket?.disconnect();
  }

  /** In HTTP mode Slack is there as long as it answers. */
  async function beat(): Promise<void> {
    if (!connection.isUp()) return;
    await api.call("auth.test").then(
      () => (lastHeardAt = now()),
      () => {},
    );
    setTimer(overdueMs / 3, () => void beat());
  }

  function heardAt(): number {
    const socket = client?.websocket;
    // The client's own note of the last answer to its ping, for which it has no other words.
    const pong: unknown = socket && Reflect.get(socket, "lastPongReceivedTimestamp");
    return Math.max(lastHeardAt, typeof pong === "number" ? pong : 0);
  }

  function lacking(): string | undefined {
    if (tokens.bot === "") return settings.token_env;
    if (isSocket) return tokens.app === "" ? settings.app_token_env : undefined;
    return tokens.signing === "" ? settings.signing_secret_env : undefined;
  }

  function troubleOf(thrown: unknown): Trouble {
    const name = lacking();
    if (name !== undefined) return { reason: `${name} is not set`, remedy: `Set ${name} to what api.slack.com/apps shows for the app.` };
    const error = apiErrorOf(thrown);
    const { message: reason, result } = error;
    const isForGood = result.verdict.do === "reauth" || isDropped(error);
    return { reason, ...(isForGood ? { remedy: REMEDY } : { waitMs: askedWaitMs(error) }) };
  }

  const connection = createConnection({ context, platform: "Slack", open, end, troubleOf, heardAt, overdueMs, onReady });
  return {
    ...connection,
    self() {
      if (!self) throw new Error("Slack is not connected");
      return self;
    },
  };
}
