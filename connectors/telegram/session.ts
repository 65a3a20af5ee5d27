/**
 * The line on which updates come, kept for as long as the account lives: long polls of our own, or the webhook and a look at it now and then.
 * Begins anew where it breaks, and stops for good where no waiting mends. Invariant: a poll confirms what was taken and nothing else; what the
 * cursor was is Telegram's to keep, as update ids begin anew after a quiet week (Bot API, Update, 2026).
 */
import { z } from "zod";
import type { ConnectorContext, ConnectorHealth } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import { askedWaitMs } from "../shared/api-error.ts";
import { type Api, apiErrorOf, hookInfo, me } from "./api.ts";
import type { TelegramConfig } from "./config.ts";
import type { Self } from "./decode.ts";
import { albumOf, type Receive, type Update, update, UPDATE_KINDS } from "./receive.ts";

export interface SessionParts {
  readonly settings: TelegramConfig;
  readonly api: Api;
  readonly context: Pick<ConnectorContext, "now" | "setTimer" | "log">;
  /** What Telegram proves itself with at the webhook. */
  readonly secret: string;
  readonly receive: Receive;
  /** Telegram knows us. */
  readonly onConnected: (self: Self) => Promise<void>;
}

export interface Session {
  /** Resolves when it is connected, or after nine seconds; rejects with HubError `account_refused`. */
  start(): Promise<void>;
  /** Undefined until Telegram has said who we are. */
  self(): Self | undefined;
  health(): Omit<ConnectorHealth, "lastSeen">;
  /** Does not wait for what the hub has in hand; that comes again. */
  close(): void;
}

const START_MS = 9000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 60_000;
const LOOK_AT_HOOK_MS = 20_000;
/** The parts of an album come one after the other. */
const ALBUM_MS = 400;
const MOST_ALBUM_LOOKS = 5;
const MOST_UPDATES = 100;
/** So many times within this another program may take our place; one that does it for good is not competed with. */
const MOST_CONFLICTS = 3;
const CONFLICTS_MS = 300_000;

const CONFLICT = "409";

export function createSession({ settings, api, context, secret, receive, onConnected }: SessionParts): Session {
  const { now, setTimer, log } = context;
  const { webhook_url: hook, poll_ms: pollMs, answer_ms: answerMs, token_env: name } = settings;
  const settled = Promise.withResolvers<void>();
  const closing = new AbortController();
  let self: Self | undefined;
  let isUp = false;
  let answeredAt: number | undefined;
  let stopped: string | undefined;
  let retryMs = FIRST_RETRY_MS;
  /** The first update that is not confirmed yet; sent once. */
  let offset: number | undefined;
  let conflicts: number[] = [];
  let hookTrouble: string | undefined;
  let endPause = (): void => {};

  const isOver = (): boolean => closing.signal.aborted || stopped !== undefined;

  async function run(): Promise<void> {
    while (!isOver()) {
      try {
        if (!isUp) await connect();
        const hasTaken = await (hook === undefined ? poll() : lookAtHook());
        if (hasTaken) retryMs = FIRST_RETRY_MS;
        else await backOff();
      } catch (thrown) {
        if (!isOver()) await failed(thrown);
      }
    }
  }

  async function connect(): Promise<void> {
    self = await api.call("getMe", {}, me);
    if (hook === undefined) await api.call("deleteWebhook", {}, z.unknown());
    else await api.call("setWebhook", { url: hook, secret_token: secret, allowed_updates: UPDATE_KINDS }, z.unknown());
    answered();
    onConnected(self).catch((thrown: unknown) => log.warn({ reason: (thrown as Error).message }, "the account could not be looked at"));
    settled.resolve();
  }

  function answered(): void {
    isUp = true;
    answeredAt = now();
  }

  function backOff(ms = retryMs): Promise<void> {
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    return pause(ms);
  }

  async function failed(thrown: unknown): Promise<void> {
    const error = apiErrorOf(thrown);
    const { code, message, result } = error;
    isUp = false;
    if (result.verdict.do === "reauth" || code === "404")
      return stop(`Telegram does not accept the bot's token. Get it from BotFather (/mybots) and set ${name} to it.`);
    if (code === CONFLICT) conflicts = [...conflicts.filter((at) => at > now() - CONFLICTS_MS), now()];
    if (conflicts.length >= MOST_CONFLICTS)
      return stop("Another program receives this bot's updates. End it, or get a new token (BotFather: /revoke), and start the hub again.");
    if (code === "400" && hook !== undefined) return stop(`Telegram does not take the webhook_url: ${message}.`);
    log.warn({ reason: message }, "the connection to Telegram broke; trying again");
    await backOff(askedWaitMs(error));
  }

  function stop(why: string): void {
    stopped = why;
    log.error({ reason: why }, "the account is stopped");
    settled.resolve();
  }

  /** False when something could not be taken. */
  async function poll(): Promise<boolean> {
    const found = await wholeAlbums(await ask(Math.floor(pollMs / 1000)));
    const last = found.at(-1);
    if (!last || !self) return true;
    const missed = await receive(found, self);
    offset = missed ?? last.update_id + 1;
    return missed === undefined;
  }

  async function ask(timeout: number): Promise<readonly Update[]> {
    const asked = { offset, limit: MOST_UPDATES, timeout, allowed_updates: UPDATE_KINDS };
    const found = await api.call("getUpdates", asked, z.array(update), { waitMs: pollMs + answerMs, signal: closing.signal });
    answered();
    // What came before it is confirmed now.
    if (found.length === 0) offset = undefined;
    return found;
  }

  /** Nothing is confirmed meanwhile. Of a full batch the album at its end begins the next one. */
  async function wholeAlbums(found: readonly Update[], looks = 0): Promise<readonly Update[]> {
    const last = found.at(-1);
    const album = last && albumOf(last);
    if (album === undefined || looks === MOST_ALBUM_LOOKS) return found;
    if (found.length === MOST_UPDATES) return found.filter((one) => albumOf(one) !== album);
    await pause(ALBUM_MS);
    const more = await ask(0);
    return more.length === found.length ? found : wholeAlbums(more, looks + 1);
  }

  async function lookAtHook(): Promise<boolean> {
    const { url, last_error_message: trouble } = await api.call("getWebhookInfo", {}, hookInfo, { signal: closing.signal });
    answered();
    hookTrouble = trouble;
    // Somebody has taken it away; it is set again.
    isUp = url === hook;
    if (isUp) await pause(LOOK_AT_HOOK_MS);
    return isUp;
  }

  /** Ends early when the session does. */
  function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const clear = setTimer(ms, resolve);
    endPause = () => {
      clear();
      resolve();
    };
    return promise;
  }

  return {
    self: () => self,
    async start() {
      void run();
      setTimer(START_MS, settled.resolve);
      await settled.promise;
      if (stopped !== undefined) throw new HubError("account_refused", { reason: stopped.replace(/\.$/, "") });
    },
    health() {
      const ageMs = answeredAt === undefined ? undefined : now() - answeredAt;
      const overdueMs = (hook === undefined ? pollMs : LOOK_AT_HOOK_MS) + answerMs;
      const reachable = isUp && !isOver() && ageMs !== undefined && ageMs <= overdueMs;
      const transport = isOver() ? "stopped" : reachable ? "connected" : "connecting";
      const trouble = reachable
        ? hookTrouble && `Telegram cannot reach the webhook: ${hookTrouble}`
        : (stopped ?? "Telegram does not answer");
      return {
        reachable,
        authenticated: stopped === undefined && self !== undefined,
        detail: trouble,
        facts: { transport, heartbeatAgeMs: ageMs },
      };
    },
    close() {
      closing.abort();
      endPause();
      settled.resolve();
    },
  };
}
