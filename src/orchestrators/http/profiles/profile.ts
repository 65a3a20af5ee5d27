/** What a system with words of its own adds to the HTTP driver: its hooks, each as a shape and what it stands for. */
import { z } from "zod";
import { HubError } from "../../../contract/errors.ts";
import type { PostedEvent } from "../../../contract/orchestrator-door.ts";

export interface HookMeaning {
  /** As the system names it: the hub's own session key, or one that an earlier hook made known. */
  readonly session: string;
  readonly events: readonly PostedEvent[];
  /** From now on this name means the same session. */
  readonly alias?: string | undefined;
  /** The same again is the same call. Absent: only an idempotency key tells. */
  readonly key?: string | undefined;
  /** The caller is answered with what is decided about it. */
  readonly wantsDecision?: boolean;
}

/** Pure. Undefined: nothing that concerns people. */
export type Hook = (body: unknown) => HookMeaning | undefined;
export type Hooks = Readonly<Record<string, Hook>>;

export function hook<B>(shape: z.ZodType<B>, meaning: (body: B) => HookMeaning | undefined): Hook {
  return (body) => {
    const parsed = shape.safeParse(body);
    if (parsed.success) return meaning(parsed.data);
    const problems = parsed.error.issues.slice(0, 10).map(({ path, message }) => `${path.join(".") || "what was sent"}: ${message}`);
    throw new HubError("bad_request", { problems: problems.join("; ") });
  };
}

export const sessionId = z.string().min(1).max(250);
export const text = (most: number) => z.string().min(1).max(most);
