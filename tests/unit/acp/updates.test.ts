import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTranslation, mergeToolCall } from "../../../src/orchestrators/acp/updates.ts";

const chunk = (text: string, messageId?: string) => ({
  sessionUpdate: "agent_message_chunk",
  content: { type: "text", text },
  ...(messageId ? { messageId } : {}),
});
const tool = (more: object) => ({ sessionUpdate: "tool_call", toolCallId: "t", title: "Read", ...more });

function textOf(updates: object[]): string {
  const translation = createTranslation();
  return updates
    .flatMap(translation.events)
    .map((event) => (event.type === "text_delta" ? event.text : ""))
    .join("");
}

describe("text", () => {
  test.each([
    ["is joined as it comes", [chunk("Hel"), chunk("lo")], "Hello"],
    ["is parted where a tool was used", [chunk("I look."), tool({}), chunk("Found it.")], "I look.\n\nFound it."],
    ["is parted once", [chunk("I look.\n"), tool({}), chunk("Found it.")], "I look.\nFound it."],
    ["is parted between messages", [chunk("One.", "m1"), chunk(" Still one.", "m1"), chunk("Two.", "m2")], "One. Still one.\n\nTwo."],
    ["begins without a gap", [tool({}), chunk("Hello")], "Hello"],
    [
      "shows links",
      [{ sessionUpdate: "agent_message_chunk", content: { type: "resource_link", uri: "https://a.example", name: "A" } }],
      "[A](https://a.example)",
    ],
    ["names what cannot be shown", [{ sessionUpdate: "agent_message_chunk", content: { type: "image", data: "…" } }], "[image]"],
    [
      "leaves thoughts and replayed words out",
      [
        { ...chunk("hm"), sessionUpdate: "agent_thought_chunk" },
        { ...chunk("me"), sessionUpdate: "user_message_chunk" },
      ],
      "",
    ],
  ])("%s", (_name, updates, text) => expect(textOf(updates)).toBe(text));

  test("of one message is never changed, however it is cut", () => {
    fc.assert(fc.property(fc.array(fc.string()), (parts) => textOf(parts.map((part) => chunk(part))) === parts.join("")));
  });

  test("of a new turn begins afresh", () => {
    const translation = createTranslation();
    translation.events(chunk("One."));
    translation.events(tool({}));
    translation.newTurn();
    expect(translation.events(chunk("Two."))).toEqual([{ type: "text_delta", text: "Two." }]);
    expect(translation.tool("t")).toBeUndefined();
  });
});

test("tool calls keep what an update does not name", () => {
  const translation = createTranslation();
  translation.events(tool({ status: "pending", kind: "read", rawInput: { path: "a" } }));
  expect(translation.events({ sessionUpdate: "tool_call_update", toolCallId: "t", status: "completed", title: null })).toEqual([
    { type: "tool", id: "t", title: "Read", state: "done" },
  ]);
  expect(translation.tool("t")).toMatchObject({ kind: "read", rawInput: { path: "a" }, status: "completed" });
  expect(mergeToolCall(undefined, { toolCallId: "x" })).toEqual({ toolCallId: "x" });
});

test("notices keep their level", () => {
  const { events } = createTranslation();
  expect(events({ sessionUpdate: "notice", severity: "warning", title: "Slow", description: "The model is busy" })).toEqual([
    { type: "notice", level: "warning", text: "Slow: The model is busy" },
  ]);
  expect(events({ sessionUpdate: "notice", severity: "odd", title: "Hm" })).toEqual([{ type: "notice", level: "info", text: "Hm" }]);
});

test("the model is learnt when it changes", () => {
  const translation = createTranslation();
  expect(translation.model()).toBe("unknown");
  translation.events({
    sessionUpdate: "config_option_update",
    configOptions: [
      { id: "mode", category: "mode", currentValue: "plan" },
      { id: "model", category: "model", currentValue: "m-2" },
    ],
  });
  expect(translation.model()).toBe("m-2");
});

test("nothing an agent can say breaks it", () => {
  fc.assert(fc.property(fc.anything(), (anything) => Array.isArray(createTranslation().events(anything))));
});
