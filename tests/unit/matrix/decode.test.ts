import { describe, expect, test } from "vitest";
import { decode, type RoomEvent, roomEvent } from "../../../connectors/matrix/decode.ts";

const SELF = { userId: "@mos:hs.example.internal", name: "Mos" };
const event = (type: string, content: unknown, more: object = {}): RoomEvent =>
  roomEvent.parse({ event_id: "$e", type, sender: "@ann:hs.example.internal", origin_server_ts: 1, content, ...more });
const message = (content: object) => decode(event("m.room.message", { msgtype: "m.text", body: "hello", ...content }), SELF);

describe("a message", () => {
  test("as Element sends one into a thread", () => {
    const relation = { rel_type: "m.thread", event_id: "$root", is_falling_back: true, "m.in_reply_to": { event_id: "$latest" } };
    const decoded = message({ body: "and then?", "m.mentions": {}, "m.relates_to": relation });
    expect(decoded).toMatchObject({ type: "message", text: "and then?", threadId: "$root", replyTo: undefined, isMention: false });
  });

  test("as a client without threads replies", () => {
    const decoded = message({ "m.relates_to": { "m.in_reply_to": { event_id: "$card" } } });
    expect(decoded).toMatchObject({ replyTo: "$card" });
    expect(decoded).not.toHaveProperty("threadId");
  });

  test.each([
    ["Mos: what is up?", {}],
    ["@mos:hs.example.internal what is up?", {}],
    ["mos, what is up?", {}],
    ["[Mos](https://matrix.to/#/@mos:hs.example.internal): what is up?", {}],
  ])("is addressed by name: %s", (body, more) => {
    expect(message({ body, "m.mentions": { user_ids: [SELF.userId] }, ...more })).toMatchObject({ text: "what is up?", isMention: true });
  });

  test("mentions us in the text only for a client that knows no m.mentions", () => {
    expect(message({ body: `ask ${SELF.userId}` })).toMatchObject({ isMention: true });
    expect(message({ body: `ask ${SELF.userId}`, "m.mentions": {} })).toMatchObject({ isMention: false });
    const html = { formatted_body: `<a href="https://matrix.to/#/${SELF.userId}">Mos</a> hi`, body: "Mos hi" };
    expect(message(html)).toMatchObject({ isMention: true, text: "hi" });
  });

  test.each([
    ["!status", true],
    ["approve K7Q-M2X", true],
    ["deny k7q m2x too risky", true],
    ["approve of that", false],
    ["wow!", false],
  ])("%s: an order is %s", (body, isOrder) => expect(message({ body })).toMatchObject({ isOrder }));

  test("with a file has its caption as text, and the name where there is none", () => {
    const file = { msgtype: "m.image", url: "mxc://hs/1", info: { mimetype: "image/png" } };
    expect(message({ ...file, body: "look", filename: "a.png" })).toMatchObject({
      text: "look",
      file: { name: "a.png", url: "mxc://hs/1", mimeType: "image/png" },
    });
    expect(message({ ...file, body: "a.png" })).toMatchObject({ text: "", file: { name: "a.png" } });
  });

  test("of another program is none", () => expect(message({ msgtype: "m.notice" })).toBeUndefined());
  test("that is empty is none", () => expect(message({ body: " " })).toBeUndefined());
});

describe("other events", () => {
  test.each([
    ["✅", "approve"],
    ["✅\uFE0F", "approve"],
    ["❌", "deny"],
  ])("a reaction %s is %s", (key, choice) => {
    const reaction = event("m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: "$card", key } });
    expect(decode(reaction, SELF)).toEqual({ type: "reaction", target: "$card", choice });
  });

  test("other reactions mean nothing", () => {
    const reaction = event("m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: "$card", key: "👍" } });
    expect(decode(reaction, SELF)).toBeUndefined();
  });

  test("an edit carries the new text", () => {
    const edited = message({
      body: "* new",
      "m.new_content": { msgtype: "m.text", body: "new" },
      "m.relates_to": { rel_type: "m.replace", event_id: "$old" },
    });
    expect(edited).toEqual({ type: "edited", target: "$old", text: "new" });
  });

  test("a redaction names its target in either place", () => {
    expect(decode(event("m.room.redaction", { redacts: "$old" }), SELF)).toEqual({ type: "deleted", target: "$old" });
    expect(decode(event("m.room.redaction", {}, { redacts: "$old" }), SELF)).toEqual({ type: "deleted", target: "$old" });
  });
});

test.each([
  { msgtype: 7 },
  { "m.relates_to": "x" },
  { "m.mentions": { user_ids: "x" } },
  { "m.relates_to": { "m.in_reply_to": 3 } },
  { url: 4 },
])("a shape that is none of Matrix's does no harm: %j", (content) => expect(() => message(content)).not.toThrow());

test("a time that is no date becomes one", () =>
  expect(new Date(event("m.room.message", {}, { origin_server_ts: 1e300 }).origin_server_ts).toISOString()).toBe(
    "1970-01-01T00:00:00.000Z",
  ));
