import { expect, test } from "vitest";
import { encodeEdit, encodeFile, encodeMessage, measureText } from "../../../connectors/matrix/encode.ts";
import type { ApprovalCard } from "../../../src/contract/message.ts";

const CARD: ApprovalCard = {
  type: "approval",
  id: "apr_1",
  code: "K7Q-M2X",
  state: "pending",
  title: "Delete the backups",
  class: "red",
  asker: "Mos",
  action: "{}",
  digest: "0".repeat(64),
  expiresAt: 0,
};

test("a message is plain text and HTML, and notifies nobody", () => {
  expect(encodeMessage({ text: "**hi** @room" })).toEqual({
    msgtype: "m.text",
    body: "**hi** @\u200Broom",
    format: "org.matrix.custom.html",
    formatted_body: "<p><strong>hi</strong> @\u200Broom</p>",
    "m.mentions": {},
  });
  expect(encodeMessage({ text: "you", mentions: [{ id: "@ann:hs", name: "Ann" }] })["m.mentions"]).toEqual({ user_ids: ["@ann:hs"] });
});

test("in a thread it falls back to a reply to the newest event, unless it answers one", () => {
  expect(encodeMessage({ text: "x", threadId: "$root", latest: "$new" })["m.relates_to"]).toEqual({
    rel_type: "m.thread",
    event_id: "$root",
    is_falling_back: true,
    "m.in_reply_to": { event_id: "$new" },
  });
  expect(encodeMessage({ text: "x", threadId: "$root", latest: "$new", replyTo: "$that" })["m.relates_to"]).toMatchObject({
    is_falling_back: false,
    "m.in_reply_to": { event_id: "$that" },
  });
});

test("status is a notice, an answer and a question are not", () => {
  expect(encodeMessage({ text: "x", card: { type: "notice", level: "info", text: "x" } })["msgtype"]).toBe("m.notice");
  expect(encodeMessage({ text: "x", card: CARD })).toMatchObject({ msgtype: "m.text", "mos_hub.subject": "apr_1" });
});

test("a decided card asks for nothing any more", () => {
  expect(encodeMessage({ text: "x", card: CARD })["body"]).toContain("✅");
  const edit = encodeEdit({ text: "Approved by Ann", card: { ...CARD, state: "approved" } }, "$card");
  expect(edit).toMatchObject({
    body: "* Approved by Ann",
    "m.new_content": { body: "Approved by Ann", "m.mentions": {} },
    "m.relates_to": { rel_type: "m.replace", event_id: "$card" },
  });
  expect(edit).not.toHaveProperty("mos_hub.subject");
});

test("a file is shown as what it is", () => {
  const file = { name: "a.png", mimeType: "image/png", sizeBytes: 3, path: "/x" };
  expect(encodeFile(file, "mxc://hs/1", { text: "", threadId: "$root" })).toMatchObject({
    msgtype: "m.image",
    url: "mxc://hs/1",
    filename: "a.png",
  });
  expect(encodeFile({ ...file, mimeType: "text/html" }, "mxc://hs/1", { text: "" })["msgtype"]).toBe("m.file");
});

test("what is measured is what travels", () => {
  const text = '# "é" & <b>\n\n- one\n- two';
  const { body, formatted_body } = encodeMessage({ text });
  expect(measureText(text)).toBe(Buffer.byteLength(JSON.stringify(body)) + Buffer.byteLength(JSON.stringify(formatted_body)));
});
