/** What of an agent's words and tools is a file. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { offerIn } from "../../../src/orchestrators/acp/offered-files.ts";
import { createTranslation } from "../../../src/orchestrators/acp/updates.ts";

const PNG = Buffer.from("a picture").toString("base64");
const said = (content: object) => ({ sessionUpdate: "agent_message_chunk", content });
const toolUpdate = (...content: object[]) => ({ sessionUpdate: "tool_call_update", toolCallId: "t", content });
const shown = (content: object) => ({ type: "content", content });
const offers = (...updates: object[]): object[] => {
  const translation = createTranslation();
  return updates.flatMap(translation.events).flatMap((told) => (told.type === "offer" ? [told.offer] : []));
};

describe("a file is", () => {
  test.each([
    ["a link to this machine", { type: "resource_link", uri: "file:///w/a%20b.pdf", name: "x" }, { name: "a b.pdf", path: "/w/a b.pdf" }],
    ["a path in a link", { type: "resource_link", uri: "out/menu.md", name: "menu" }, { name: "menu.md", path: "out/menu.md" }],
    ["a picture", { type: "image", data: PNG, mimeType: "image/png" }, { name: "image.png", base64: PNG }],
    ["a picture with an address", { type: "image", data: PNG, uri: "https://a.example/shop.png?x=1" }, { name: "shop.png", base64: PNG }],
    ["a sound", { type: "audio", data: PNG, mimeType: "audio/wav" }, { name: "audio.wav", base64: PNG }],
    ["an embedded file", { type: "resource", resource: { uri: "file:///w/a.zip", blob: PNG } }, { name: "a.zip", base64: PNG }],
  ])("%s", (_what, content, offer) => expect(offers(said(content))).toEqual([expect.objectContaining({ ...offer, by: "agent" })]));

  test.each([
    ["a link to the web", { type: "resource_link", uri: "https://a.example/a.pdf", name: "A" }, "[A](https://a.example/a.pdf)"],
    ["a link to another machine", { type: "resource_link", uri: "file://server/a.pdf", name: "A" }, "[A](file://server/a.pdf)"],
    ["an embedded text", { type: "resource", resource: { uri: "file:///etc/passwd", text: "words" } }, "words"],
    ["a picture without a picture", { type: "image", data: "…" }, "[image]"],
  ])("not %s, which stays text", (_what, content, text) =>
    expect(createTranslation().events(said(content))).toEqual([{ type: "text_delta", text }]),
  );
});

test("what a tool brought is offered once, however often the tool reports it", () => {
  const picture = shown({ type: "image", data: PNG, mimeType: "image/png" });
  const link = shown({ type: "resource_link", uri: "file:///w/a.pdf", name: "a" });
  const diff = { type: "diff", path: "/w/prices.md", newText: "x" };
  expect(offers(toolUpdate(picture, diff), toolUpdate(picture, link), toolUpdate(link))).toEqual([
    expect.objectContaining({ by: "tool", name: "image.png" }),
    expect.objectContaining({ by: "tool", path: "/w/a.pdf" }),
  ]);
});

test("words around a file are paragraphs of their own", () => {
  const events = [
    said({ type: "text", text: "Here:" }),
    said({ type: "resource_link", uri: "a.md", name: "a" }),
    said({ type: "text", text: "Done." }),
  ]
    .flatMap(createTranslation().events)
    .map((told) => (told.type === "text_delta" ? told.text : told.type));
  expect(events).toEqual(["Here:", "offer", "\n\nDone."]);
});

test("nothing an agent can say breaks it", () => {
  const anyContent = fc.record({
    type: fc.constantFrom("image", "audio", "resource", "resource_link", "text"),
    uri: fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.string().map((path) => `file:///${path}`),
    ),
    data: fc.oneof(fc.string(), fc.base64String()),
    mimeType: fc.string(),
  });
  fc.assert(fc.property(anyContent, (content) => void offerIn(content)));
});
