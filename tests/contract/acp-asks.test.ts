/** What an agent asks of people, over the wire and back. */
import { afterEach, describe, expect, test } from "vitest";
import type { Answer, AskHandle } from "../../src/contract/orchestrator.ts";
import { acpAgent, type Bench, createBenches, key } from "../support/driver-bench.ts";

const benches = createBenches();
afterEach(() => benches.clear());

async function asked(word: string): Promise<Bench> {
  const bench = await benches.make(acpAgent("asks"));
  await bench.open("a");
  await bench.deliver("a", word, { turnId: "t1" });
  return bench;
}

async function told(bench: Bench): Promise<unknown> {
  await bench.until("a", "turn_end");
  return JSON.parse(bench.text("a"));
}

const approve = (handle: AskHandle, approved: boolean): Answer => ({ type: "approval", handle, approved });

describe("a permission", () => {
  test("is shown with the exact call, which the request itself only names", async () => {
    const bench = await asked("permission");
    const { ask } = await bench.until("a", "approval_request");
    expect(ask).toEqual({ title: "Delete all", tool: "delete", action: { kind: "delete", title: "Delete all", input: { path: "/srv" } } });
  });

  test.each([
    [true, "o-once"],
    [false, "o-no"],
  ])("decided %s is answered %s, once", async (approved, optionId) => {
    const bench = await asked("permission");
    const { handle } = await bench.until("a", "approval_request");
    expect(await bench.driver.answer(approve(handle, approved))).toBe(true);
    expect(await bench.driver.answer(approve(handle, approved))).toBe(false);
    expect(await told(bench)).toEqual({ outcome: { outcome: "selected", optionId } });
  });

  test("for ever is refused without asking anybody, and said", async () => {
    const bench = await asked("always");
    expect(await told(bench)).toEqual({ outcome: { outcome: "selected", optionId: "o-no" } });
    expect(bench.of("a").some(({ type }) => type === "approval_request")).toBe(false);
    expect(await bench.until("a", "notice")).toMatchObject({ level: "warning" });
  });

  test("is answered as cancelled when the turn is stopped", async () => {
    const bench = await asked("permission");
    const { handle } = await bench.until("a", "approval_request");
    await bench.driver.cancel(key("a"));
    expect(await told(bench)).toEqual({ outcome: { outcome: "cancelled" } });
    expect(await bench.until("a", "ask_withdrawn")).toEqual({ type: "ask_withdrawn", handle, because: "cancelled" });
    expect(await bench.until("a", "turn_end")).toMatchObject({ outcome: "stopped" });
    expect(await bench.driver.answer(approve(handle, true))).toBe(false);
  });

  test("can be taken back by the agent", async () => {
    const bench = await asked("withdrawn");
    const { handle } = await bench.until("a", "ask_withdrawn");
    expect(await bench.driver.answer(approve(handle, true))).toBe(false);
  });

  test("dies with the agent, before the turn is called lost", async () => {
    const bench = await asked("permission");
    const { handle } = await bench.until("a", "approval_request");
    process.kill(Number((await bench.driver.health()).facts?.["pid"]), "SIGKILL");
    await bench.until("a", "turn_end");
    expect(bench.of("a").map((event) => (event.type === "lifecycle" ? event.phase : event.type))).toEqual([
      "tool",
      "approval_request",
      "crashed",
      "ask_withdrawn",
      "turn_end",
    ]);
    expect(await bench.until("a", "ask_withdrawn")).toMatchObject({ handle, because: "agent_died" });
    expect(await bench.until("a", "turn_end")).toMatchObject({ turnId: "t1", outcome: "lost", reason: expect.stringContaining("SIGKILL") });
    expect(await bench.driver.answer(approve(handle, true))).toBe(false);
  });
});

describe("a question", () => {
  test("as a form comes back in the types the form asked for", async () => {
    const bench = await asked("form");
    const { ask, handle } = await bench.until("a", "question");
    expect(ask.text).toBe("How many?");
    expect(ask.fields).toEqual([
      { name: "n", label: "Number", kind: "number", required: true },
      { name: "tags", label: "tags (several, with commas: a, b)", kind: "text", required: false },
    ]);
    expect(await bench.driver.answer({ type: "question", handle, values: { n: "4", tags: "a, b" } })).toBe(true);
    expect(await told(bench)).toEqual({ action: "accept", content: { n: 4, tags: ["a", "b"] } });
  });

  test("nobody wants to answer is declined", async () => {
    const bench = await asked("form");
    const { handle } = await bench.until("a", "question");
    await bench.driver.answer({ type: "question", handle });
    expect(await told(bench)).toEqual({ action: "decline" });
  });

  test("about an address shows all of it and asks only whether it is done", async () => {
    const bench = await asked("url");
    const { ask, handle } = await bench.until("a", "question");
    expect(ask).toMatchObject({ url: "https://login.example.internal/x", fields: [{ name: "done", kind: "boolean" }] });
    await bench.driver.answer({ type: "question", handle, values: { done: true } });
    expect(await told(bench)).toEqual({ action: "accept" });
  });

  test("about an errand that the agent sees done needs no answer any more", async () => {
    const bench = await asked("errand");
    const { handle } = await bench.until("a", "question");
    expect(await told(bench)).toEqual({ action: "accept" });
    expect(await bench.until("a", "ask_withdrawn")).toEqual({ type: "ask_withdrawn", handle, because: "done" });
    expect(await bench.driver.answer({ type: "question", handle, values: { done: true } })).toBe(false);
  });
});

test("files of the hub's machine are not for the agent to ask for", async () => {
  expect(await told(await asked("file"))).toMatchObject({ code: -32601 });
});

test("helpers of the agent are shown, their talk is not, and what they ask is asked in the session", async () => {
  const bench = await benches.make(acpAgent("team"));
  await bench.open("a");
  await bench.deliver("a", "build");
  const { ask, handle } = await bench.until("a", "approval_request");
  expect(ask.title).toBe("Build");
  await bench.driver.answer(approve(handle, true));
  await bench.until("a", "turn_end");
  const steps = bench.of("a").filter((event) => event.type === "subagent");
  expect(steps).toEqual([
    { type: "subagent", id: "child", title: "Archon", state: "running", summary: "plans" },
    { type: "subagent", id: "grandchild", title: "Forge", state: "running", summary: undefined },
    { type: "subagent", id: "child", title: "Archon", state: "done", summary: undefined },
    { type: "subagent", id: "grandchild", title: "Forge", state: "failed", summary: "no disk" },
  ]);
  expect(bench.of("a")).toContainEqual({
    type: "usage",
    agent: "Archon",
    model: "unknown",
    input: 1,
    output: 2,
    cacheRead: 0,
    cacheWrite: 0,
  });
  expect(bench.text("a")).toBe("");
});
