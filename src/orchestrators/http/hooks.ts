/** Calls in a system's own shape, on their way to reports: which session a name means, and what they stand for. */
import type { Keyv } from "keyv";
import { HubError } from "../../contract/errors.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { Hooked } from "../../contract/orchestrator-door.ts";
import { hash } from "./decode-event.ts";
import type { Hooks } from "./profiles/profile.ts";
import { digestOfSent } from "../../taken.ts";
import type { Reports } from "./reports.ts";

export interface HooksParts {
  readonly hooks: Hooks;
  readonly state: Keyv;
  readonly reports: Reports;
}

/** A name that nobody used for so long means nothing any more. */
const ALIAS_MS = 30 * 86_400_000;

export function createHooks({ hooks, state, reports }: HooksParts): { take(name: string, body: unknown, key?: string): Promise<Hooked> } {
  const aliasKey = (name: string): string => `alias/${hash(name)}`;

  return {
    async take(name, body, key) {
      const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
      if (!hook) throw new HubError("not_found", { what: "hook", id: name });
      const meaning = hook(body);
      if (!meaning) return { asks: [] };
      const session = (await state.get<SessionKey>(aliasKey(meaning.session))) ?? (meaning.session as SessionKey);
      if (meaning.alias !== undefined && meaning.alias !== session) await state.set(aliasKey(meaning.alias), session, ALIAS_MS);
      if (meaning.events.length === 0) return { asks: [] };
      const saying = { session, events: meaning.events };
      const taken = await (key === undefined ? reports.take(saying, meaning.key) : reports.take(saying, key, digestOfSent(saying)));
      return { ...taken, wantsDecision: meaning.wantsDecision ?? false };
    },
  };
}
