import { describe, expect, test } from "vitest";
import { approvalAsk, questionAsk } from "../../../src/contract/orchestrator.ts";
import { elicitationAnswer, questionOf } from "../../../src/orchestrators/acp/elicitation.ts";
import { approvalOf, canAllowOnce, outcomeOf } from "../../../src/orchestrators/acp/permission.ts";
import { elicitationRequest, permissionRequest } from "../../../src/orchestrators/acp/wire.ts";

const options = [
  { optionId: "1", name: "Always", kind: "allow_always" },
  { optionId: "2", name: "Once", kind: "allow_once" },
  { optionId: "3", name: "Never", kind: "reject_always" },
];

describe("a permission", () => {
  const request = (toolCall: object) => permissionRequest.parse({ sessionId: "s", toolCall: { toolCallId: "t", ...toolCall }, options });

  test.each([
    [true, { outcome: "selected", optionId: "2" }],
    [false, { outcome: "cancelled" }],
    [undefined, { outcome: "cancelled" }],
  ])("decided %s", (approved, outcome) => expect(outcomeOf(options, approved)).toEqual(outcome));

  test("for ever is never chosen", () => {
    const always = options.filter(({ kind }) => kind !== "allow_once");
    expect(canAllowOnce(always)).toBe(false);
    expect(outcomeOf(always, true)).toEqual({ outcome: "cancelled" });
  });

  test("shows all that is known of the call, the request's own words first", () => {
    const known = { toolCallId: "t", title: "Run", kind: "execute", rawInput: { command: "ls" }, name: "Bash" };
    expect(approvalOf(request({ title: "Run ls", locations: [{ path: "/a" }] }), known)).toEqual({
      title: "Run ls",
      tool: "execute",
      action: { tool: "Bash", kind: "execute", title: "Run ls", input: { command: "ls" }, locations: [{ path: "/a" }] },
    });
  });

  test.each([{}, { title: "" }, { title: "x".repeat(5000), name: "n".repeat(900) }])("is always one the hub can take: %j", (toolCall) => {
    expect(approvalAsk.safeParse(approvalOf(request(toolCall), undefined)).success).toBe(true);
  });
});

describe("a form", () => {
  const request = (properties: object, more: object = {}) =>
    elicitationRequest.parse({ mode: "form", message: "Which?", sessionId: "s", requestedSchema: { type: "object", properties, ...more } });

  test("of every kind", () => {
    const asked = questionOf(
      request(
        {
          a: { type: "string", title: "Name" },
          b: { type: "string", enum: ["x", "y"] },
          c: { type: "string", oneOf: [{ const: "1", title: "One" }] },
          d: { type: "number" },
          e: { type: "boolean" },
          f: { type: "string", enum: Array.from({ length: 40 }, (_, at) => `v${at}`) },
        },
        { required: ["a"] },
      ),
    );
    expect(questionAsk.parse(asked)).toEqual(asked);
    expect(asked?.fields.map(({ name, kind, required }) => [name, kind, required])).toEqual([
      ["a", "text", true],
      ["b", "choice", false],
      ["c", "choice", false],
      ["d", "number", false],
      ["e", "boolean", false],
      ["f", "text", false],
    ]);
    expect(asked?.fields[2]?.options).toEqual([{ value: "1", label: "One" }]);
  });

  test("the hub cannot draw is not asked", () => {
    expect(questionOf(request({}))).toBeUndefined();
    expect(questionOf(elicitationRequest.parse({ mode: "url", message: "m", sessionId: "s", url: "file:///etc/passwd" }))).toBeUndefined();
    expect(questionOf(elicitationRequest.parse({ mode: "url", message: "m", sessionId: "s" }))).toBeUndefined();
  });

  test("is answered in its own types, without what was left empty", () => {
    const asked = request({
      n: { type: "integer" },
      x: { type: "number" },
      y: { type: "boolean" },
      t: { type: "string" },
      l: { type: "array" },
      e: { type: "string" },
    });
    const values = { n: "4.7", x: "1.5", y: "yes", t: 7, l: "a, b,", e: "", extra: "no" };
    expect(elicitationAnswer(asked, { values })).toEqual({ action: "accept", content: { n: 4, x: 1.5, y: true, t: "7", l: ["a", "b"] } });
    expect(elicitationAnswer(asked, {})).toEqual({ action: "decline" });
    expect(elicitationAnswer(asked, undefined)).toEqual({ action: "cancel" });
  });

  test.each([
    [true, "accept"],
    ["yes", "accept"],
    [false, "decline"],
    ["no", "decline"],
  ])("about an address, done %s", (done, action) => {
    const asked = elicitationRequest.parse({ mode: "url", message: "m", sessionId: "s", url: "https://a.example" });
    expect(elicitationAnswer(asked, { values: { done } })).toEqual({ action });
  });
});
