/** How updates reach the bot: one long poll at a time, confirmed by the next one's offset, or a webhook that is called until it answers. */
import type { ServerResponse } from "node:http";
import { Refusal } from "./shapes.ts";
import type { Update, World } from "./world.ts";

/** What is not delivered unless it is asked for (Bot API, getUpdates). */
const ASKED_FOR = ["message_reaction", "message_reaction_count", "chat_member"];
const LOOK_EVERY_MS = 5;

export interface Webhook {
  readonly url: string;
  readonly secret_token?: string | undefined;
  readonly allowed_updates?: readonly string[] | undefined;
}

export interface Polls {
  poll(
    asked: { offset: number; limit: number; timeout: number; allowed_updates?: readonly string[] | undefined },
    response: ServerResponse,
  ): Promise<readonly Update[]>;
  setWebhook(hook: Webhook | undefined): true;
  webhookInfo(): Record<string, unknown>;
  confirmed(updateId: number, ms: number): Promise<boolean>;
  silence(isSilent: boolean): void;
  start(): void;
  close(): void;
}

export function createPolls(world: World, longestPollMs: number, setTimer: (ms: number, fn: () => void) => () => void): Polls {
  const pause = (): Promise<void> => new Promise((resolve) => void setTimer(LOOK_EVERY_MS, resolve));
  let hook: Webhook | undefined;
  let confirmedTo = 0;
  let current = 0;
  let isSilent = false;
  let isClosed = false;
  let lastError: string | undefined;

  function pending(allowed: readonly string[] | undefined): Update[] {
    const isWanted = (update: Update): boolean => {
      const kind = Object.keys(update).find((key) => key !== "update_id") ?? "";
      return allowed === undefined || allowed.length === 0 ? !ASKED_FOR.includes(kind) : allowed.includes(kind);
    };
    return world.updates.filter((update) => update.update_id > confirmedTo && isWanted(update));
  }

  async function callHook(to: Webhook): Promise<void> {
    const [update] = pending(to.allowed_updates);
    if (!update || isSilent) return;
    const late = new AbortController();
    const inTime = setTimer(longestPollMs, () => late.abort());
    const headers = { "content-type": "application/json", "x-telegram-bot-api-secret-token": to.secret_token ?? "" };
    const answer = await fetch(to.url, {
      method: "POST",
      headers,
      body: JSON.stringify(update),
      signal: late.signal,
    }).catch((thrown: Error) => ({ ok: false, status: thrown.message }));
    inTime();
    lastError = answer.ok ? undefined : `Wrong response from the webhook: ${answer.status}`;
    if (answer.ok && hook === to) confirmedTo = Math.max(confirmedTo, update.update_id);
  }

  return {
    async poll({ offset, limit, timeout, allowed_updates }, response) {
      if (hook)
        throw new Refusal(
          409,
          "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        );
      const mine = (current += 1);
      if (offset > 0) confirmedTo = Math.max(confirmedTo, offset - 1);
      const end = world.now() + Math.min(timeout * 1000, longestPollMs);
      for (;;) {
        if (mine !== current)
          throw new Refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running");
        const found = isSilent ? [] : pending(allowed_updates).slice(0, limit);
        const isOver = !isSilent && world.now() >= end;
        if (found.length > 0 || isOver || isClosed || response.destroyed) return found;
        await pause();
      }
    },
    setWebhook(to) {
      hook = to?.url ? to : undefined;
      return true;
    },
    webhookInfo: () => ({
      url: hook?.url ?? "",
      has_custom_certificate: false,
      pending_update_count: world.updates.filter(({ update_id }) => update_id > confirmedTo).length,
      ...(lastError === undefined ? {} : { last_error_message: lastError }),
    }),
    async confirmed(updateId, ms) {
      for (const end = world.now() + ms; world.now() < end; await pause()) if (confirmedTo >= updateId) return true;
      return confirmedTo >= updateId;
    },
    silence: (silent) => void (isSilent = silent),
    start() {
      const loop = async (): Promise<void> => {
        while (!isClosed) {
          if (hook) await callHook(hook);
          await pause();
        }
      };
      void loop();
    },
    close: () => void (isClosed = true),
  };
}
