/**
 * One login at Discord's gateway, kept for as long as the account lives: discord.js notices silence, resumes and identifies; this begins anew
 * where it gives up, and stops for good where no waiting mends. Knows nothing of what is said over it.
 */
import type { Client } from "discord.js";
import type { ConnectorContext, ConnectorHealth } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import type { DiscordConfig } from "./config.ts";

/** A dispatch of the gateway as it came. */
export interface Packet {
  readonly t: string;
  readonly d: unknown;
}

export interface SessionParts {
  readonly settings: DiscordConfig;
  readonly token: string;
  readonly context: Pick<ConnectorContext, "account" | "now" | "setTimer" | "log">;
  readonly onPacket: (packet: Packet, client: Client) => void;
  /** A new session has begun: what was said before it is not delivered by it. */
  readonly onReady: (client: Client) => void;
}

export interface Session {
  /** Resolves when it is connected, or after nine seconds; rejects with HubError `account_stopped`. */
  start(): Promise<void>;
  isConnected(): boolean;
  /** Throws while there is no connection. */
  client(): Client;
  /** The token is not valid any more. */
  shutOut(): void;
  health(): Omit<ConnectorHealth, "lastSeen">;
  close(): Promise<void>;
}

const START_MS = 9000;
const FIRST_RETRY_MS = 1000;
/** A thousand sessions a day, and no more, may be begun: Gateway, "Session Start Limit" (2026). */
const LONGEST_RETRY_MS = 120_000;
/** So often discord.js may try by itself, twice a second, before it is stopped. */
const MOST_TRIES = 6;
/** A connection that held for so long was a good one. */
const HELD_MS = 60_000;
/** discord.js says good-bye and waits for the answer. */
const FAREWELL_MS = 2000;

/** Guilds, their messages and reactions, direct messages and theirs. Discord Developer Docs, Gateway, "List of Intents" (2026). */
const INTENTS = (1 << 0) | (1 << 9) | (1 << 10) | (1 << 12) | (1 << 13);
const MESSAGE_CONTENT = 1 << 15;

/** What discord.js keeps for us. The rest is ours alone: in it an odd payload would end the process, as an error nobody can catch. */
const ITS_OWN = /^(READY|RESUMED|GUILD_(CREATE|UPDATE|DELETE)|GUILD_ROLE_.*|CHANNEL_.*|THREAD_(CREATE|UPDATE|DELETE|LIST_SYNC))$/;

/** Close codes after which trying again changes nothing: Discord Developer Docs, Opcodes and Status Codes, Gateway (2026). */
const FATAL: Readonly<Record<number, readonly [reason: string, remedy: string]>> = {
  4004: ["Discord refused the bot's token", "Reset the token in the Developer Portal under Bot, and set the variable to the new one."],
  4011: ["the bot is in more servers than one connection serves", "Take it out of some: the hub opens one connection for each account."],
  4012: ["Discord no longer takes this version of its gateway", "Update the hub."],
  4013: ["Discord does not know an intent that was asked for", "Set message_content: false."],
  4014: [
    "the Message Content intent is not switched on",
    "Switch it on in the Developer Portal under Bot, Privileged Gateway Intents; or set message_content: false and mention the bot each time.",
  ],
};

export function createSession({ settings, token, context, onPacket, onReady }: SessionParts): Session {
  const { account, now, setTimer, log } = context;
  const settled = Promise.withResolvers<void>();
  let client: Client | undefined;
  let isReady = false;
  let tries = 0;
  let readyAt = 0;
  let stopped: { readonly reason: string; readonly remedy: string } | undefined;
  let isClosed = false;
  let retryMs = FIRST_RETRY_MS;

  const isOver = (): boolean => isClosed || stopped !== undefined;
  const heartbeatAgeMs = (): number => now() - Math.max(readyAt, client?.ws.shards.first()?.lastPingTimestamp ?? 0);

  async function connect(): Promise<void> {
    if (isOver()) return;
    const { Client, Options, Partials } = await import("discord.js");
    const mine = new Client({
      intents: settings.message_content ? INTENTS | MESSAGE_CONTENT : INTENTS,
      partials: [Partials.Channel],
      // Channels and roles are looked up; all else is read from the events themselves.
      makeCache: Options.cacheWithLimits({ MessageManager: 0, ReactionManager: 0, PresenceManager: 0, ThreadMemberManager: 0 }),
      rest: { api: settings.api_base, timeout: settings.answer_ms },
    });
    client = mine;
    const on = (act: () => void): void => void (mine === client && !isOver() && act());
    mine.on("raw", (packet: { t: string; readonly d: unknown }) => {
      const { t, d } = packet;
      if (!ITS_OWN.test(t)) packet.t = "";
      on(() => onPacket({ t, d }, mine));
    });
    mine.on("shardResume", () => on(connected));
    mine.on("shardReady", () => on(() => ready(mine)));
    mine.on("shardReconnecting", () => on(() => lost(mine)));
    mine.on("shardDisconnect", ({ code }) => on(() => stop(...fatal(code))));
    for (const event of ["error", "shardError"] as const) mine.on(event, () => log.warn({}, "the connection to Discord broke"));
    await mine.login(token).catch((thrown: unknown) => on(() => failed(thrown, mine)));
  }

  function connected(): void {
    isReady = true;
    readyAt = now();
  }

  function lost(mine: Client): void {
    if (isReady && now() - readyAt > HELD_MS) [tries, retryMs] = [0, FIRST_RETRY_MS];
    isReady = false;
    tries += 1;
    if (tries > MOST_TRIES) anew(mine);
  }

  function ready(mine: Client): void {
    connected();
    onReady(mine);
    settled.resolve();
  }

  function failed(thrown: unknown, mine: Client): void {
    const { code, status, name } = thrown as { readonly code?: unknown; readonly status?: unknown; readonly name?: unknown };
    if (code === "TokenInvalid" || status === 401) return stop(...fatal(4004));
    log.warn({ reason: String(name) }, "Discord cannot be reached; trying again");
    anew(mine);
  }

  /** With a client of its own: one that failed cannot be used again. */
  function anew(failing: Client): void {
    isReady = false;
    client = undefined;
    void failing.destroy().catch(() => {});
    setTimer(retryMs, () => void connect());
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }

  function stop(reason: string, remedy: string): void {
    if (isOver()) return;
    stopped = { reason, remedy };
    log.error(stopped, "the account is stopped");
    void client?.destroy().catch(() => {});
    settled.resolve();
  }

  return {
    shutOut: () => stop(...fatal(4004)),
    isConnected: () => isReady && !isOver(),
    client() {
      if (!client || !isReady) throw new Error("Discord is not connected");
      return client;
    },
    async start() {
      const { token_env: name } = settings;
      if (token === "") stop(`there is no bot token in ${name}`, `Set ${name} to the token from the Developer Portal, under Bot.`);
      void connect();
      setTimer(START_MS, settled.resolve);
      await settled.promise;
      if (stopped) throw new HubError("account_stopped", { account, ...stopped });
    },
    health() {
      const ageMs = heartbeatAgeMs();
      const reachable = isReady && !isOver() && ageMs <= settings.heartbeat_overdue_ms;
      const transport = isOver() ? "stopped" : reachable ? "connected" : "connecting";
      const trouble = stopped ? `${stopped.reason}. ${stopped.remedy}` : isReady ? "Discord is silent" : transport;
      return {
        reachable,
        authenticated: stopped === undefined,
        detail: reachable ? undefined : trouble,
        facts: { transport, heartbeatAgeMs: isReady ? ageMs : undefined },
      };
    },
    async close() {
      isClosed = true;
      settled.resolve();
      const late = new Promise<void>((resolve) => setTimer(FAREWELL_MS, resolve));
      await Promise.race([client?.destroy().catch(() => {}), late]);
    },
  };
}

function fatal(code: number): readonly [string, string] {
  return FATAL[code] ?? [`Discord closed the connection for good (${code})`, "See the hub's log, and start it again."];
}
