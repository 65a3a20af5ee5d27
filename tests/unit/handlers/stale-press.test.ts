import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PersonEvent } from "../../../src/contract/message.ts";
import type { OrchestratorEvent } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { addPerson } from "../../support/mortal-journal.ts";

let bench: HubBench;
let presses = 0;
const DECIDED = "1970-01-01 00:16 UTC";

async function begin(can: { edit?: true }): Promise<void> {
  bench = await createHubBench({ can });
  await addPerson(bench.life().journal, "bob", ["operator", "approver"]);
  await bench.say("work");
}
beforeEach(() => begin({ edit: true }));
afterEach(() => bench.file.dispose());

const request = {
  type: "approval_request",
  ask: { title: "Delete all", action: { command: "rm" }, tool: "delete" },
  handle: { requestId: "r1", epoch: "1" },
} as const;
const question: OrchestratorEvent = {
  type: "question",
  ask: { text: "Which one?", fields: [{ name: "one", label: "one", kind: "text", required: true }] },
  handle: { requestId: "q1", epoch: "1" },
};
const asked = async () => {
  const [row] = await bench.life().journal.store.find("approvals");
  if (!row) throw new Error("nothing was asked");
  return row;
};

async function press(subject: string, choice: string, more: Partial<PersonEvent> = {}): Promise<string> {
  const place = { chatId: "home", threadId: "t1", sender: "ann", ts: "2026-01-01T00:00:00.000Z", eventId: `p${(presses += 1)}` };
  const ack = await bench.chat.hear({ ...place, type: "action", subject, choice, ...more } as PersonEvent);
  await bench.clock.settled();
  return ack.type === "privateText" ? ack.text : ack.type === "refused" ? ack.privateText : ack.type;
}
/** Changes of a card, since so many calls. */
const changesSince = (from: number) =>
  bench.chat.calls.slice(from).map(({ text, edits, chatId }) => [text.split("\n\n").at(-1), !!edits, chatId]);

describe("a press on a card that is settled", () => {
  test("says who decided and when, and shows the card as it stands, also after a restart", async () => {
    await bench.agent.report("work", request);
    const { id, code } = await asked();
    expect(await press(id, "approve")).toBe(`${code} is approved.`);
    for (const _ of ["in the same life", "in the next"]) {
      const before = bench.chat.calls.length;
      expect(await press(`approval:${id}`, "deny", { sender: "bob" })).toBe(`${code} was already approved by ann, on ${DECIDED}.`);
      expect(changesSince(before)).toEqual([["✅ Approved by ann.", true, "home"]]);
      await bench.restart();
    }
    expect(await press(id, "approve")).toBe(`${code} is approved.`);
    expect(bench.agent.answers).toHaveLength(1);
  });

  test("by whoever may talk, whatever role the decision would have needed, and with whatever choice", async () => {
    await addPerson(bench.life().journal, "joe", ["operator"]);
    await bench.agent.report("work", request);
    const { id, code } = await asked();
    expect(await press(id, "approve", { sender: "joe" })).toContain("needs the role approver");
    await press(id, "deny");
    for (const choice of ["approve", "explode"])
      expect(await press(id, choice, { sender: "joe" })).toBe(`${code} was already denied by ann, on ${DECIDED}.`);
  });

  test("that expired, or is no longer asked", async () => {
    await bench.agent.report("work", request);
    const { id, code } = await asked();
    await bench.agent.report("work", { type: "ask_withdrawn", handle: request.handle, because: "cancelled" });
    expect(await press(id, "approve")).toBe(`${code} was cancelled on ${DECIDED}: the agent no longer asks.`);
    await bench.file.dispose();
    await begin({ edit: true });
    await bench.agent.report("work", request);
    const other = await asked();
    await bench.clock.tick(3_600_000);
    expect(await press(other.id, "approve")).toBe(`${other.code} expired on 1970-01-01 01:16 UTC; nobody decided in time.`);
    expect(bench.agent.answers.at(-1)).toMatchObject({ approved: false });
  });

  test("in another chat changes no copy elsewhere; where nothing can be changed nothing new is said", async () => {
    await bench.agent.report("work", request);
    const { id } = await asked();
    await press(id, "approve");
    let before = bench.chat.calls.length;
    await press(id, "deny", { chatId: "elsewhere" });
    expect(changesSince(before)).toEqual([]);
    await bench.file.dispose();
    await begin({});
    await bench.agent.report("work", request);
    await press((await asked()).id, "approve");
    before = bench.chat.calls.length;
    await press((await asked()).id, "deny");
    expect(changesSince(before)).toEqual([]);
  });

  test("of a question: the same", async () => {
    await bench.agent.report("work", question);
    const { id, code } = await asked();
    expect(await press(`question:${id}`, "the first")).toBe("Thank you.");
    const before = bench.chat.calls.length;
    expect(await press(`question:${id}`, "the second", { sender: "bob" })).toBe(`${code} was already answered by ann, on ${DECIDED}.`);
    expect(changesSince(before)).toEqual([["Answered by ann: the first", true, "home"]]);
    expect(bench.agent.answers).toHaveLength(1);
  });
});

describe("a press that is forged", () => {
  test.each([
    ["a subject nobody asked", "apr_none", "approve"],
    ["a deploy", "deploy:dep_1", "approve"],
    ["a question nobody asked", "question:none", "yes"],
  ])("%s is refused in words and decides nothing", async (_what, subject, choice) => {
    await bench.agent.report("work", request);
    expect(await press(subject, choice)).toMatch(/^This button belongs to nothing that is asked/);
    expect((await asked()).state).toBe("pending");
  });

  test("a choice that is none, and a question pressed as an approval and the other way round", async () => {
    await bench.agent.report("work", request);
    const { id } = await asked();
    for (const [subject, choice] of [
      [id, "consume"],
      [`question:${id}`, "approve"],
    ] as const)
      expect(await press(subject, choice)).toMatch(/^This button belongs to nothing that is asked/);
    expect((await asked()).state).toBe("pending");
    expect(bench.agent.answers).toEqual([]);
  });
});
