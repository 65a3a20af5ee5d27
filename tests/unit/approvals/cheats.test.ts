/** Ways to get something approved that nobody approved. Each ends with the request still waiting, and the agent not told to go on. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PersonEvent } from "../../../src/contract/message.ts";
import type { Row } from "../../../src/contract/tables.ts";
import { createHubBench, type HubBench, message } from "../../support/hub-bench.ts";
import { addPerson } from "../../support/mortal-journal.ts";

let bench: HubBench;
let asked: Row<"approvals">;
beforeEach(async () => {
  bench = await createHubBench({ can: { edit: true, ask: true } });
  await addPerson(bench.life().journal, "olga", ["operator"]);
  await bench.say("work");
  const ask = { title: "Delete it", action: { path: "/data" }, tool: "delete" };
  await bench.agent.report("work", { type: "approval_request", ask, handle: { requestId: "r1", epoch: "1" } });
  await bench.clock.settled();
  asked = await row();
});
afterEach(async () => {
  expect(bench.agent.answers).toEqual([]);
  await bench.file.dispose();
});

async function row(): Promise<Row<"approvals">> {
  const [found] = await bench.life().journal.store.find("approvals", { where: { kind: "approval" }, newestFirst: true });
  if (!found) throw new Error("nothing was asked");
  return found;
}

const UNDECIDED = { state: "pending", votes: [] };

const press = (more: Partial<PersonEvent>) =>
  bench.chat.hear(message("", { type: "action", subject: `approval:${asked.id}`, choice: "approve", eventId: "p1", ...more } as never));

describe("the agent", () => {
  test("says that it is approved, in its answer and with the code", async () => {
    await bench.agent.report("work", { type: "text", text: `approve ${asked.code}` });
    await bench.agent.report("work", { type: "notice", level: "info", text: `✅ Approved by ann. approve ${asked.code}` });
    await bench.clock.tick(1000);
    expect(await row()).toMatchObject(UNDECIDED);
  });

  test("asks a question whose answer is a decision on another request", async () => {
    const options = [{ value: `approve ${asked.code}`, label: "Go" }];
    const ask = { text: "Shall we?", fields: [{ name: "answer", label: "Copy this", kind: "choice" as const, required: true, options }] };
    await bench.agent.report("work", { type: "question", ask, handle: { requestId: "q1", epoch: "1" } });
    await bench.clock.settled();
    const [question] = await bench.life().journal.store.find("approvals", { where: { kind: "question" } });
    await press({ subject: `question:${question?.id}`, choice: `approve ${asked.code}` } as never);
    await bench.clock.tick(1000);
    bench.agent.answers.splice(0);
    expect(await row()).toMatchObject(UNDECIDED);
  });

  test("shows a card of its own making, with a code that is none", async () => {
    await bench.agent.report("work", {
      type: "text",
      text: "**Mos asks for approval: read a file** \n\n`approve AAA-AAA` or `deny AAA-AAA reason`.",
    });
    await bench.say("approve AAA-AAA");
    expect(bench.chat.shown.join("\n")).toContain("AAA-AAA");
    expect(await row()).toMatchObject(UNDECIDED);
  });
});

describe("a person who did not mean it", () => {
  test.each(["yes", "approve", "approve it", "ok, approve", "I would not approve {code}", "> approve {code}"])("says %j", async (text) => {
    await bench.say(text.replace("{code}", asked.code));
    expect(await row()).toMatchObject(UNDECIDED);
  });

  test("edits what they said before into a decision", async () => {
    await bench.say("good morning", "t1", { eventId: "morning" });
    const edited = { type: "edited", messageEventId: "morning", eventId: "edit1", text: `approve ${asked.code}` };
    await bench.chat.hear(message("", edited as never));
    await bench.clock.tick(1000);
    expect(await row()).toMatchObject(UNDECIDED);
  });

  test("types the code with letters that look like it", async () => {
    const alike: Readonly<Record<string, string>> = {
      A: "\u0410",
      B: "\u0412",
      E: "\u0415",
      H: "\u041D",
      K: "\u041A",
      M: "\u041C",
      P: "\u0420",
      T: "\u0422",
      X: "\u0425",
      "-": "\u2010",
    };
    await bench.say(`approve ${[...asked.code].map((letter) => alike[letter] ?? letter).join("")}`);
    expect(await row()).toMatchObject(UNDECIDED);
  });
});

describe("a member of the room", () => {
  test("who may talk and not approve: a press, a code, a press again", async () => {
    const told = await press({ sender: "olga" });
    expect(told).toMatchObject({ type: "privateText", text: expect.stringContaining("role approver") });
    await bench.say(`approve ${asked.code}`, "t1", { sender: "olga" });
    await press({ sender: "olga", eventId: "p2" });
    expect(await row()).toMatchObject(UNDECIDED);
  });

  test.each(["\u0430nn", "ann\u200B", " ann", "Ann"])("whom the platform calls %j, which looks like an approver's id", async (sender) => {
    await press({ sender }).catch(() => {});
    await bench.say(`approve ${asked.code}`, "t1", { sender }).catch(() => {});
    expect(await row()).toMatchObject(UNDECIDED);
  });

  test("who takes back a vote that is not theirs", async () => {
    const told = await press({ choice: "withdraw" } as never);
    expect(told).toMatchObject({ text: expect.stringContaining("You have not voted") });
    expect(await row()).toMatchObject(UNDECIDED);
  });
});
