import { expect, test } from "vitest";
import { addressedSeat, chooseSeat, seatNamed } from "../../../src/conversations/choose.ts";

const seat = (name: string, alias: string, chats: { account?: string; chat?: string; thread?: string }[] = []) => ({
  name,
  alias,
  busyMode: "queue" as const,
  chats,
});
const SEATS = [
  seat("mos", "Mos"),
  seat("sentinel", "Sentinel Prime", [{ account: "ops" }, { account: "team", chat: "alarms", thread: "t9" }]),
  seat("forge", "Forge", [{ account: "team", chat: "alarms" }]),
];
const at = (account: string, chat: string, thread?: string) => ({ account, chat, thread });

test.each([
  ["@sentinel look", "sentinel"],
  ["  @Sentinel Prime, look", "sentinel"],
  ["sentinel: look", "sentinel"],
  ["Forge, build it", "forge"],
  ["@forge", "forge"],
  ["@forgery is bad", undefined],
  ["forge it", undefined],
  ["sentinels: many", undefined],
  ["ask @forge", undefined],
  ["", undefined],
])("%j is addressed to %s", (text, name) => expect(addressedSeat(SEATS, text)?.name).toBe(name));

test.each([
  [at("team", "general"), "hello", "mos"],
  [at("ops", "anything"), "hello", "sentinel"],
  [at("team", "alarms"), "hello", "forge"],
  [at("team", "alarms", "t1"), "hello", "forge"],
  [at("team", "alarms", "t9"), "hello", "sentinel"],
  [at("ops", "anything"), "@mos hello", "mos"],
])("at %j %j begins a conversation with the right one", (address, text, name) => expect(chooseSeat(SEATS, address, text)?.name).toBe(name));

test("is named by name or alias", () => {
  expect(["SENTINEL", "@sentinel prime", "nobody"].map((typed) => seatNamed(SEATS, typed)?.name)).toEqual([
    "sentinel",
    "sentinel",
    undefined,
  ]);
});
