/**
 * The fake's gateway: hello, heartbeat, identify, ready, resume, invalid session, dispatch and the close codes. Discord Developer Docs, Gateway
 * and Opcodes and Status Codes. A session outlives its connection; what was dispatched meanwhile is replayed to who resumes.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { applicationJson, canView, guildJson, userJson } from "./shapes.ts";
import type { FakeBot, FakeChannel, Json, World } from "./world.ts";

export interface GatewayOptions {
  readonly world: World;
  readonly heartbeatMs: number;
  /** Where one connects again; known once the server listens. */
  readonly url: () => string;
  /** False: every resume is answered by an invalid session, as servers do that have none. */
  readonly canResume: boolean;
}

export interface Gateway {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** To every session that has the intent and sees the channel. `data` is made for each reader. */
  dispatch(type: string, where: Readers, data: (bot: FakeBot) => Json): void;
  /** How often it was identified and resumed, and each intents value. */
  readonly counts: { identified: number; resumed: number; heartbeats: number; intents: number[] };
  /** Sessions are gone: who resumes must identify. */
  forgetSessions(): void;
  /** Closes every connection with a code. */
  closeAll(code: number): void;
  silence(isSilent: boolean): void;
  hangUp(): void;
  close(): void;
}

interface Readers {
  readonly channel?: FakeChannel | undefined;
  /** 0: needs none. */
  readonly intent: number;
  /** This bot alone. */
  readonly only?: FakeBot;
}

export const INTENT = {
  guilds: 1,
  messages: 1 << 9,
  reactions: 1 << 10,
  direct: 1 << 12,
  directReactions: 1 << 13,
  content: 1 << 15,
} as const;
const ALL_INTENTS = (1 << 26) - 1;
const MEMBERS_AND_PRESENCES = (1 << 1) | (1 << 8);

interface Session {
  readonly id: string;
  readonly bot: FakeBot;
  readonly intents: number;
  readonly log: { readonly op: 0; readonly s: number; readonly t: string; readonly d: Json }[];
  connection: WebSocket | undefined;
}

export function createGateway({ world, heartbeatMs, url, canResume }: GatewayOptions): Gateway {
  const server = new WebSocketServer({ noServer: true });
  let sessions: Session[] = [];
  let isSilent = false;
  let held: (() => void)[] = [];
  const counts: Gateway["counts"] = { identified: 0, resumed: 0, heartbeats: 0, intents: [] };

  const unlessSilent = (act: () => void): void => void (isSilent ? held.push(act) : act());
  const write = (to: WebSocket, message: object): void =>
    unlessSilent(() => to.readyState === WebSocket.OPEN && to.send(JSON.stringify(message)));

  function tell(session: Session, type: string, data: Json): void {
    const packet = { op: 0, s: session.log.length + 1, t: type, d: data } as const;
    session.log.push(packet);
    if (session.connection) write(session.connection, packet);
  }

  function greet(connection: WebSocket): void {
    write(connection, { op: 10, d: { heartbeat_interval: heartbeatMs } });
    connection.on("error", () => {});
    connection.on("close", () => sessions.filter((one) => one.connection === connection).forEach((one) => (one.connection = undefined)));
    connection.on("message", (raw: RawData) => hear(connection, JSON.parse(String(raw)) as { op: number; d: Json }));
  }

  function hear(connection: WebSocket, { op, d }: { readonly op: number; readonly d: Json }): void {
    if (op === 1) {
      counts.heartbeats += 1;
      return write(connection, { op: 11 });
    }
    const known = sessions.find((one) => one.connection === connection);
    if (op === 2) return known ? connection.close(4005) : identify(connection, d);
    if (op === 6) return resume(connection, d);
    if (!known) return connection.close(4003);
    if (![3, 4, 8].includes(op)) connection.close(4001);
  }

  function identify(connection: WebSocket, d: Json): void {
    const bot = world.bots.find((one) => one.token === d["token"] && one.isTokenValid);
    const intents = Number(d["intents"]);
    counts.identified += 1;
    counts.intents.push(intents);
    if (!bot) return connection.close(4004, "Authentication failed.");
    if ((intents & ~ALL_INTENTS) !== 0) return connection.close(4013, "Invalid intent(s).");
    const isDisallowed = (intents & MEMBERS_AND_PRESENCES) !== 0 || ((intents & INTENT.content) !== 0 && !bot.mayReadContent);
    if (isDisallowed) return connection.close(4014, "Disallowed intent(s).");
    const session: Session = { id: world.newId(), bot, intents, log: [], connection };
    sessions.push(session);
    const guilds = [...world.guilds.values()].filter(({ members }) => members.has(bot.user.id));
    tell(session, "READY", {
      v: 10,
      user: userJson(bot.user),
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: url(),
      application: applicationJson(bot),
    });
    for (const guild of guilds) tell(session, "GUILD_CREATE", guildJson(world, guild, bot));
  }

  function resume(connection: WebSocket, d: Json): void {
    const session = canResume ? sessions.find((one) => one.id === d["session_id"] && one.bot.token === d["token"]) : undefined;
    if (!session) return write(connection, { op: 9, d: false });
    counts.resumed += 1;
    session.connection = connection;
    for (const packet of session.log.filter(({ s }) => s > Number(d["seq"]))) write(connection, packet);
    tell(session, "RESUMED", {});
  }

  return {
    counts,
    upgrade: (request, socket, head) => unlessSilent(() => server.handleUpgrade(request, socket, head, greet)),
    dispatch(type, { channel, intent, only }, data) {
      for (const session of sessions)
        if (
          (session.intents & intent) === intent &&
          (!channel || canView(world, session.bot, channel)) &&
          (only ?? session.bot) === session.bot
        )
          tell(session, type, data(session.bot));
    },
    forgetSessions: () => void (sessions = []),
    closeAll: (code) => server.clients.forEach((one) => one.close(code)),
    silence(silent) {
      isSilent = silent;
      for (const one of server.clients)
        if (silent) one.pause();
        else one.resume();
      if (silent) return;
      const waiting = held;
      held = [];
      for (const act of waiting) act();
    },
    hangUp: () => server.clients.forEach((one) => one.terminate()),
    close() {
      server.clients.forEach((one) => one.terminate());
      server.close();
    },
  };
}
