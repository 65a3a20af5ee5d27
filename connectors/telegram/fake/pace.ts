/** How many calls the fake allows: one a second in a chat, twenty a minute in a group, thirty a second in all (Bots FAQ, 2026), each scalable. */
import { type FakeChat, Refusal } from "./shapes.ts";

export interface FakePace {
  readonly count: number;
  readonly windowMs: number;
}

export interface FakePaces {
  readonly chat?: FakePace | undefined;
  readonly group?: FakePace | undefined;
  readonly all?: FakePace | undefined;
}

export interface Pacer {
  /** Throws 429 with `retry_after`, whole seconds. */
  take(chat: FakeChat): void;
  /** How many calls it has refused. */
  refused(): number;
}

export function createPacer(paces: FakePaces, now: () => number): Pacer {
  const times = new Map<string, number[]>();
  let refused = 0;

  function waitFor(key: string, { count, windowMs }: FakePace): number {
    const recent = (times.get(key) ?? []).filter((at) => at > now() - windowMs);
    times.set(key, recent);
    return recent.length < count ? 0 : (recent[recent.length - count] ?? 0) + windowMs - now();
  }

  return {
    take(chat) {
      const budgets: [string, FakePace | undefined][] = [
        [`chat ${chat.id}`, paces.chat],
        [`group ${chat.id}`, chat.type === "private" ? undefined : paces.group],
        ["all", paces.all],
      ];
      const held = budgets.flatMap(([key, pace]) => (pace ? [{ key, pace }] : []));
      const waitMs = Math.max(0, ...held.map(({ key, pace }) => waitFor(key, pace)));
      if (waitMs > 0) {
        refused += 1;
        const seconds = Math.ceil(waitMs / 1000);
        throw new Refusal(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
      }
      for (const { key } of held) times.set(key, [...(times.get(key) ?? []), now()]);
    },
    refused: () => refused,
  };
}
