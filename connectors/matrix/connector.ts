/**
 * A Matrix account as a connector. Puts the parts together and tells its health; inward is session.ts and receive.ts, outward send.ts. Its durable
 * state is the sync token, and the votes that may still be taken back: everything else is asked of the server, which is the record.
 */
import { z } from "zod";
import type { Connector, ConnectorContext, ConnectorHealth, Powers } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import { createAccount } from "../shared/account.ts";
import { createApi, isRefusal, whyRefused, wordsOf } from "./api.ts";
import { isFrugal, limitsOf, parseConfig } from "./config.ts";
import { findDelivery } from "./history.ts";
import { path } from "./ids.ts";
import { createReceive } from "./receive.ts";
import { type Account, createRooms } from "./rooms.ts";
import { createSend } from "./send.ts";
import { createSession } from "./session.ts";

/** Synapse's retention of transaction ids (its source, 2026); Conduit keeps them for ever. */
const IDEMPOTENT_MS = 86_400_000;
/** The contract gives `health` five seconds. */
const HEALTH_MS = 4000;

/** Throws HubError `config_invalid`. Opens nothing before `start`, `send` or `health`. */
export function createMatrixConnector(block: unknown, context: ConnectorContext): Connector {
  const config = parseConfig(block);
  const { now, state, log } = context;
  const api = createApi({
    ...context,
    url: config.homeserver_url,
    token: context.secrets.get(config.token_env),
    answerMs: config.answer_ms,
  });
  const login = createAccount(context);
  const { inward, isClosed, onReceipt } = login;
  let measure: Connector["measure"];
  let home = config.room_id?.startsWith("!") ? config.room_id : undefined;
  /** Why the account may not be used; undefined while it may, or while nobody knows. */
  let refused: string | undefined;
  let homeTrouble: string | undefined;

  const account: Account = { context, config, api, rooms: createRooms(api) };
  const { rooms } = account;
  const send = createSend(account, isClosed, onReceipt);
  const receive = createReceive({ ...account, ...inward, send, home: () => home, onEncrypted, onTaken });
  const session = createSession(account, receive, connect);

  /** A receipt says "the hub has it", and costs no event. */
  function onTaken(room: string, eventId: string, threadId = "main"): void {
    const at = path`/rooms/${room}/receipt/m.read/${eventId}`;
    api.call("POST", at, z.unknown(), { body: { thread_id: threadId } }).catch(() => {});
  }

  async function connect(): Promise<void> {
    ({ measureText: measure } = await import("./encode.ts"));
    refused = await whyRefused(api, config);
    if (refused !== undefined) throw new HubError("account_refused", { reason: refused });
    if (config.room_id !== undefined) await openHome(config.room_id).catch(homeless);
  }

  async function openHome(name: string): Promise<void> {
    home = (await api.call("POST", path`/join/${name}`, z.object({ room_id: z.string() }))).room_id;
    if (await rooms.isEncrypted(home)) await onEncrypted(home);
  }

  /** The other rooms are as good without it. */
  function homeless(thrown: unknown): void {
    if (!isRefusal(thrown)) throw thrown;
    homeTrouble = `the home room ${config.room_id} cannot be used: ${thrown.message}`;
    log.error({ reason: homeTrouble }, "the account has no home room");
  }

  /** Said where people read it, since nothing may be said in such a room itself. */
  async function onEncrypted(room: string): Promise<void> {
    const key = `encrypted:${room}`;
    if ((await state.get(key)) !== undefined) return;
    await state.set(key, now());
    log.warn({ room }, "the room is encrypted: this account neither reads nor writes there");
    if (home === undefined || (await rooms.isEncrypted(home))) return;
    const text = `The room \`${room}\` is encrypted, and I do not read encrypted rooms. Please talk to me in a room without encryption.`;
    await send.tell({ chatId: home }, text, key);
  }

  async function health(): Promise<Omit<ConnectorHealth, "lastSeen">> {
    const unreached = isClosed() ? "closed" : await troubleReaching();
    const answeredAt = session.lastAnswerAt();
    const heartbeatAgeMs = answeredAt === undefined ? undefined : now() - answeredAt;
    const isHearing = (heartbeatAgeMs ?? 0) < config.poll_ms + config.answer_ms && session.trouble() === undefined;
    const reachable = unreached === undefined && (isHearing || refused !== undefined);
    const transport = isClosed() ? "stopped" : reachable && answeredAt !== undefined ? "connected" : reachable ? "connecting" : "down";
    const detail = refused ?? unreached ?? session.trouble() ?? homeTrouble;
    return { reachable, authenticated: refused === undefined, detail, facts: { transport, heartbeatAgeMs } };
  }

  /** Undefined when the homeserver answers. */
  async function troubleReaching(): Promise<string | undefined> {
    try {
      refused = await whyRefused(api, config, Math.min(HEALTH_MS, config.answer_ms));
      return undefined;
    } catch (thrown) {
      return wordsOf(thrown);
    }
  }

  function powers(): Powers {
    return {
      edit: true,
      ask: true,
      upload: true,
      idempotentMs: IDEMPOTENT_MS,
      typing: send.typing,
      // A thread is its first message; nothing has to be made.
      openThread: async (_place, from) => ({ threadId: from }),
      ...(isFrugal(config) ? {} : { react: send.react }),
      reconcile: async (message, since) => findDelivery(account, await rooms.idOf(message.chatId ?? config.room_id ?? ""), message, since),
      catchUp: () => session.caughtUp,
    };
  }

  async function start(): Promise<void> {
    await session.start();
    if (refused !== undefined) throw new HubError("account_refused", { reason: refused });
    await session.place();
    void send.resume();
  }

  function close(): void {
    session.close();
    send.close();
    api.abort();
  }

  return {
    kind: "matrix",
    homeChat: config.room_id,
    limits: limitsOf(config),
    can: powers(),
    // Before `start` has loaded what measures: a letter and its HTML take up no more than this.
    measure: (text, mentions) => measure?.(text, mentions) ?? 16 * Buffer.byteLength(text),
    send: send.message,
    ...login.membersOf({ start, health, close }),
  };
}
