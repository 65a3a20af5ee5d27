/** Approvals below a canvas, over the real steps and journal: which may be shown there, which are, and how they look to whom. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cardOf } from "../../../src/approvals/card.ts";
import { type Below, drawApprovals } from "../../../src/api/canvas/draw-approvals.ts";
import { approvalsOn } from "../../../src/canvases/approvals.ts";
import type { CanvasApprovals, CanvasShare } from "../../../src/contract/canvas.ts";
import type { ApprovalCard } from "../../../src/contract/message.ts";
import type { OrchestratorEvent } from "../../../src/contract/orchestrator.ts";
import type { Row } from "../../../src/contract/tables.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench({ can: { edit: true, ask: true }, settings: { publicUrl: "https://hub.example" } });
  await bench.say("hello");
  await bench.say("elsewhere", "t2");
});
afterEach(() => bench.file.dispose());

const store = () => bench.life().journal.store;
async function ask(title: string, turn = "hello"): Promise<Row<"approvals">> {
  const request = { ask: { title, action: { run: title }, tool: "delete" }, handle: { requestId: title, epoch: "1" } };
  await bench.agent.report(turn, { type: "approval_request", ...request });
  const [row] = await store().find("approvals", { newestFirst: true, limit: 1 });
  if (!row) throw new Error("nothing was asked");
  return row;
}
const share = async (approvals: CanvasApprovals, more: Partial<CanvasShare> = {}): Promise<void> => {
  const given = { title: "Look", content: { markdown: "At this.", approvals }, ...more };
  await bench.agent.report("hello", { type: "canvas", share: given, canvasId: "cnv_a" } as OrchestratorEvent);
  await bench.clock.settled();
};
async function titlesOn(drawn: readonly string[] = []): Promise<string[]> {
  const canvas = await store().get("canvases", "cnv_a");
  if (!canvas) throw new Error("nothing is shown");
  return (await approvalsOn(canvas, store(), drawn)).map((row) => ("title" in row.ask ? row.ask.title : ""));
}
async function decide({ id }: Row<"approvals">): Promise<void> {
  const [person] = await store().find("people");
  if (!person) throw new Error("nobody");
  await bench.life().hub.decide({ approvalId: id, verdict: "approve", person, via: "canvas" });
  await bench.clock.settled();
}

describe("which may be shown", () => {
  test("those of the same conversation, by their ids, in the order given; also once they are decided", async () => {
    const [one, two] = [await ask("one"), await ask("two")];
    await share([two.id, one.id]);
    expect(await titlesOn()).toEqual(["two", "one"]);
    await decide(two);
    expect(await titlesOn()).toEqual(["two", "one"]);
    const card = bench.chat.calls.findLast((call) => call.card?.type === "canvas")?.card;
    expect(card).toMatchObject({ title: "Look" });
  });

  test.each(["an unknown id", "one of another conversation", "a question"])("%s is refused, and nothing is shown", async (what) => {
    await ask("mine");
    const field = { name: "a", label: "a", kind: "text", required: true } as const;
    const handle = { requestId: "q", epoch: "1" };
    await bench.agent.report("hello", { type: "question", ask: { text: "Which?", fields: [field] }, handle });
    const [asked] = await store().find("approvals", { where: { kind: "question" } });
    const ids = {
      "an unknown id": "apr_none",
      "one of another conversation": (await ask("theirs", "elsewhere")).id,
      "a question": asked?.id ?? "",
    };
    const id = ids[what as keyof typeof ids];
    await expect(share([id])).rejects.toThrow(`There is no approval of this conversation ${id}`);
    expect(await store().count("canvases", {})).toBe(0);
  });

  test("nor does the next version bring one of elsewhere", async () => {
    const { id } = await ask("theirs", "elsewhere");
    await share("waiting");
    await expect(share([id], { canvas_id: "cnv_a" })).rejects.toThrow("of this conversation");
    expect(await titlesOn()).toEqual([]);
  });
});

describe("whatever waits", () => {
  test("comes and goes by itself, of this conversation alone; what a reader has before them stays, in its place", async () => {
    await share("waiting");
    expect(await titlesOn()).toEqual([]);
    const [one, two] = [await ask("one"), await ask("two")];
    await ask("theirs", "elsewhere");
    expect(await titlesOn()).toEqual(["one", "two"]);
    await decide(one);
    expect(await titlesOn()).toEqual(["two"]);
    expect(await titlesOn([one.id, two.id])).toEqual(["one", "two"]);
    await ask("three");
    expect(await titlesOn([one.id, two.id])).toEqual(["one", "two", "three"]);
  });

  test("is ten at a time, and what has been drawn brings none of another conversation", async () => {
    await share("waiting");
    for (let n = 0; n < 12; n += 1) await ask(`n${n}`);
    expect(await titlesOn()).toHaveLength(10);
    expect(await titlesOn([(await ask("theirs", "elsewhere")).id])).not.toContain("theirs");
  });
});

describe("as it is drawn", () => {
  async function drawn(more: Partial<Below>, change: Partial<ApprovalCard> = {}): Promise<string> {
    const row = await ask("Delete <b>all</b>");
    const card = cardOf({ id: row.id, fields: row, asker: "Mos", redact: (text) => text.replaceAll("all", "[redacted]") });
    return drawApprovals([{ card: { ...(card as ApprovalCard), ...change }, ...more }]);
  }

  test("a link's holder reads what to type, and has nothing to press", async () => {
    const html = await drawn({});
    expect(html).toMatch(/<code>approve [\w-]+<\/code> or <code>deny [\w-]+ reason<\/code>/);
    expect(html).not.toMatch(/<button|<form|<input/);
    expect(html).toContain("Delete &lt;b&gt;all&lt;/b&gt;");
    expect(html).toContain("run: Delete &lt;b&gt;[redacted]");
  });

  test("who is signed in has both buttons and is told as whom; a field for the code only where it is to be typed", async () => {
    const html = await drawn({ person: { name: "Ann" } });
    expect(html.match(/name="verdict" value="(approve|deny)"/g)).toHaveLength(2);
    expect(html).toContain("<strong>Ann</strong>");
    expect(html).not.toContain('name="code"');
    expect(await drawn({ person: { name: "Ann" } }, { stepUp: true })).toContain('name="code"');
  });

  test("who may not decide reads why, and has nothing to press", async () => {
    const html = await drawn({ person: { name: "Vi" }, whyNot: "deciding this needs the role approver" });
    expect(html).toContain("cannot decide this: deciding this needs the role approver.");
    expect(html).not.toMatch(/<button|<form|<input/);
  });

  test("votes while it waits; once it is settled by whom, when and why, and nothing to press", async () => {
    expect(await drawn({ person: { name: "Ann" } }, { votes: { approving: ["Bo"], denying: ["Cy"], needed: 2 } })).toContain(
      "1 of 2: Bo, against it: Cy.",
    );
    const settled = { state: "denied", decidedBy: "Bo", decidedAt: 0, decisionReason: "too early" } as const;
    const html = await drawn({ person: { name: "Ann" } }, settled);
    expect(html).toMatch(/denied by <strong>Bo<\/strong>.*1970-01-01 00:00 UTC.*: too early/s);
    expect(html).not.toMatch(/<button|<form|<input/);
  });
});
