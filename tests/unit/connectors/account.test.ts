/** What is the same of every login: who is told of what, and when there was a sign of life. */
import { expect, test } from "vitest";
import { createAccount } from "../../../connectors/shared/account.ts";
import type { ConnectorEvent } from "../../../src/contract/message.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const PRESS: ConnectorEvent = {
  type: "action",
  eventId: "e1",
  sender: "ann",
  ts: "2026-11-21T10:00:00.000Z",
  chatId: "C1",
  subject: "a",
  choice: "approve",
};
const log = { debug() {}, info() {}, warn() {}, error() {} };

test("a program that hears messages alone is told of nothing else; where nobody listens at all, what comes is not taken", async () => {
  const { inward, membersOf } = createAccount({ now: () => 0, log: log as never });
  const { subscribe } = membersOf({ start: async () => {}, health: () => ({ reachable: true, authenticated: true }), close() {} });
  await expect(inward.deliverEvent(PRESS)).rejects.toThrow("nobody listens");
  subscribe(() => {});
  expect(await inward.deliverEvent(PRESS)).toBeUndefined();
});

test("out of reach, the last sign of life is the last one there was", async () => {
  const { now } = createHandClock();
  const { membersOf } = createAccount({ now, log: log as never });
  const facts = { transport: "connecting", heartbeatAgeMs: 5000 } as const;
  const { health } = membersOf({ start: async () => {}, health: () => ({ reachable: false, authenticated: true, facts }), close() {} });
  expect(await health()).toMatchObject({ reachable: false, lastSeen: new Date(now() - 5000).toISOString() });
});
