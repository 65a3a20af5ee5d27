/** Whom a failure calls, however many they are. */
import { expect, test } from "vitest";
import type { Mention, OutboundMessage } from "../../../src/contract/message.ts";
import { failureSayings } from "../../../src/deploys/sayings.ts";

const PLACE = { account: "chat", chat: "home" };

async function told(followers: readonly (readonly Mention[])[]): Promise<OutboundMessage[]> {
  const report = { app: "shop", environment: "production", state: "failed", urls: {}, failure_tail: "exit code 2" } as const;
  const audience = { places: [PLACE], mayHear: () => true, followers: async () => followers };
  const shown = [{ address: PLACE, outboxId: "out_card" }];
  const writes = await failureSayings({ fields: { report, since: undefined, trace: "trc_1" }, shown, audience });
  return writes.flatMap((write) =>
    write.op === "insert" && write.table === "outbox" && write.fields.op.type === "send" ? [write.fields.op.message] : [],
  );
}

test("nobody who follows is nobody called", async () => {
  expect(await told([])).toMatchObject([{ text: expect.not.stringContaining("Followed"), mentions: [] }]);
});

test("somebody with two ids in a place is named once and notified by both", async () => {
  const ids = [
    { id: "local", name: "Ann" },
    { id: "per_ann", name: "Ann" },
  ];
  expect(await told([ids])).toMatchObject([{ text: expect.stringMatching(/\nFollowed by @Ann\.$/), mentions: ids }]);
});

test("many are called by several messages, each person by one of them, and the last lines are said once", async () => {
  const people = Array.from({ length: 45 }, (_, at) => [{ id: String(at), name: `F${at}` }]);
  const messages = await told(people);
  expect(messages.map(({ mentions }) => mentions?.length)).toEqual([20, 20, 5]);
  expect(messages.flatMap(({ mentions = [] }) => mentions)).toEqual(people.flat());
  expect(messages.map(({ text }) => [text.includes("shop"), text.includes("exit code 2")])).toEqual([
    [true, true],
    [true, false],
    [true, false],
  ]);
});
