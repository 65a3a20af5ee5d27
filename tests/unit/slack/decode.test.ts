import { expect, test } from "vitest";
import { changed, decodeChanged, decodeMessage, slackMessage } from "../../../connectors/slack/decode.ts";
import { stamps, timeOf, tsOfEvent } from "../../../connectors/slack/ids.ts";

const self = { userId: "UBOT00001", teamId: "T1" };
const options = { self, directThreads: true, nameOf: (id: string) => (id === "U2" ? "Bob" : undefined) };
const base = { type: "message", user: "U1", text: "hi", ts: "1700000000.000100", client_msg_id: "x", team: "T1", blocks: [] };
const decode = (more: object, at = { channel: "C1", channel_type: "channel" }) =>
  decodeMessage(slackMessage.parse({ ...base, ...more }), at, options);

test.each([
  ["a program's", { bot_id: "B1" }],
  ["our own", { user: "UBOT00001" }],
  ["the system's", { subtype: "channel_join" }],
  ["Slack's own bot's", { user: "USLACKBOT" }],
  ["nothing", { text: "" }],
  ["only our name", { text: "<@UBOT00001>" }],
])("%s is not for us", (_what, more) => expect(decode(more)).toBeUndefined());

test("a parent in history is no answer, an answer names its thread, a direct message begins one", () => {
  expect(decode({ thread_ts: base.ts })?.message.threadId).toBeUndefined();
  expect(decode({ thread_ts: "1600000000.000001" })?.message.threadId).toBe("1600000000.000001");
  expect(decode({}, { channel: "D1", channel_type: "im" })?.message).toMatchObject({ threadId: base.ts, direct: true, workspaceId: "T1" });
});

test.each([
  ["<@UBOT00001> hi <@U2> and <@U3|carl>", "hi @Bob and @U3"],
  ["<#C2|general> <!here> <!subteam^S1|@ops>", "#general @here @ops"],
  [
    "<https://a.example.internal|a> <https://b.example.internal> 1 &lt; 2 &amp;amp;",
    "[a](https://a.example.internal) https://b.example.internal 1 < 2 &amp;",
  ],
  ["!mos status", "!status"],
])("%s reads %s", (text, read) => expect(decode({ text })?.message.text).toBe(read));

test("a change counts only where words have changed", () => {
  const told = {
    channel: "C1",
    message: { ...base, text: "two", edited: { user: "U1", ts: "1700000001.000000" } },
    previous_message: base,
  };
  expect(decodeChanged(changed.parse(told), options)?.event).toMatchObject({
    type: "edited",
    text: "two",
    messageEventId: `C1:${base.ts}`,
  });
  expect(decodeChanged(changed.parse({ ...told, previous_message: told.message }), options)).toBeUndefined();
});

test("a ts is ordered by its time, and found in an event id", () => {
  expect(stamps.isLater("1700000000.000100", "999999999.999999")).toBe(true);
  expect([stamps.before("1700000000.000000"), stamps.at(1_700_000_000_123)]).toEqual(["1699999999.999999", "1700000000.123000"]);
  expect([timeOf("1700000000.123456"), tsOfEvent("C1:1700000000.123456"), tsOfEvent("press:1.2")]).toEqual([
    1_700_000_000_123,
    "1700000000.123456",
    undefined,
  ]);
});
