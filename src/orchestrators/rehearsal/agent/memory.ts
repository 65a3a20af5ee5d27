/** What the rehearsal remembers of its conversations, a file each, so that they can be resumed after a restart. Written whole, then renamed. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** The coffee shop of one conversation: another one has, and knows, a shop of its own. */
const shop = z.object({
  /** The hub's id of the deploy to production. */
  production: z.string().optional(),
  /** The domain people reach it by. */
  domain: z.string().optional(),
});
export type Shop = z.infer<typeof shop>;

const conversation = z.object({
  prompts: z.number().int().nonnegative(),
  history: z.array(z.object({ role: z.enum(["user", "agent"]), text: z.string() })),
  shop: shop.default({}),
});
export type Conversation = z.infer<typeof conversation>;

/** Only ids of this shape name a file. */
const SESSION_ID = /^rehearsal-[0-9a-f-]{36}$/;
/** Older exchanges are forgotten. */
const MAX_HISTORY = 200;

export interface Memory {
  /** Undefined when nothing is known under this id. */
  recall(sessionId: string): Conversation | undefined;
  keep(sessionId: string, remembered: Conversation): void;
  list(): string[];
}

export function createMemory(folder: string): Memory {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (sessionId: string): string => join(folder, `${sessionId}.json`);
  return {
    recall(sessionId) {
      if (!SESSION_ID.test(sessionId)) return undefined;
      try {
        return conversation.parse(JSON.parse(readFileSync(fileOf(sessionId), "utf8")));
      } catch {
        return undefined;
      }
    },
    keep(sessionId, remembered) {
      const draft = `${fileOf(sessionId)}.new`;
      writeFileSync(draft, JSON.stringify({ ...remembered, history: remembered.history.slice(-MAX_HISTORY) }), { mode: 0o600 });
      renameSync(draft, fileOf(sessionId));
    },
    list: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .map((name) => name.slice(0, -".json".length)),
  };
}
