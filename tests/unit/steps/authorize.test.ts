import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PersonEvent } from "../../../src/contract/message.ts";
import type { Role } from "../../../src/contract/tables.ts";
import { createAuthorize } from "../../../src/steps/authorize.ts";
import { createRecord } from "../../../src/steps/record.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { createHubBench, message, SETTINGS } from "../../support/hub-bench.ts";
import { addPerson, createJournalFile, type JournalFile, type MortalJournal } from "../../support/mortal-journal.ts";

const press = (subject: string): PersonEvent =>
  ({ ...message(""), type: "action", eventId: subject, subject, choice: "approve" }) as PersonEvent;

describe("authorize", () => {
  let file: JournalFile;
  let life: MortalJournal;
  beforeEach(async () => {
    file = createJournalFile();
    life = await file.open(createHandClock());
  });
  afterEach(() => file.dispose());

  async function ask(roles: readonly Role[] | undefined, event: PersonEvent): Promise<string> {
    if (roles) await addPerson(life.journal, "ann", roles);
    const parts = { ...SETTINGS, journal: life.journal, clock: createHandClock() };
    const recorded = await createRecord({ ...parts, messageBytes: 1000, hideSecrets: (text) => text })("chat", event);
    if (!recorded) return "not even written down";
    const authorized = await createAuthorize(parts)(recorded);
    return authorized.allowed ? "allowed" : authorized.privateText;
  }

  test.each<[Role[], boolean, boolean]>([
    [["operator"], true, true],
    [["approver"], false, true],
    [["admin"], false, false],
    [["admin", "approver"], false, true],
    [["viewer"], false, false],
    [[], false, false],
    [["viewer", "admin", "operator"], true, true],
  ])("%j: may talk %s, may bring a decision %s", async (roles, talks, decides) => {
    const allowed = async (event: PersonEvent) => (await ask(undefined, event)) === "allowed";
    await addPerson(life.journal, "ann", roles);
    expect(await allowed(message("hello"))).toBe(talks);
    expect(await allowed(message("!stop"))).toBe(talks);
    expect(await allowed(press("question:apr_1"))).toBe(talks);
    expect(await allowed(message("approve K7Q-M2X"))).toBe(decides);
    expect(await allowed(press("approval:apr_1"))).toBe(decides);
  });

  test("a refusal is told privately and closes the row; nothing that was said stays", async () => {
    expect(await ask(["viewer"], message("hello"))).toContain("needs the role operator");
    const [row] = await life.journal.store.find("inbox");
    expect(row).toMatchObject({ status: "refused", event: null });
    expect(row?.refusal).toContain("needs the role operator");
  });

  test("a stranger in a room hears nothing, and one who writes directly is told a code", async () => {
    expect(await ask(undefined, message("hello"))).toBe("");
    expect(await ask(undefined, message("hi", { direct: true } as Partial<PersonEvent>))).toMatch(/Your code is `[A-Z2-9]{3}-[A-Z2-9]{3}`/);
  });
});

describe("through the whole hub", () => {
  test("a stranger's message reaches nobody, and its redelivery gets the same answer", async () => {
    const { chat, agent, clock, file } = await createHubBench();
    const first = await chat.hear(message("hello", { sender: "eve" }));
    expect(first).toMatchObject({ type: "refused" });
    expect(await chat.hear(message("hello", { sender: "eve" }))).toEqual(first);
    await clock.settled();
    expect([agent.turns, chat.calls]).toEqual([[], []]);
    await file.dispose();
  });

  test("who holds nothing but the local token may talk and never decide, typed or pressed", async () => {
    const { say, chat, agent, clock, life, file } = await createHubBench();
    await say("work", "t1", { assurance: "token" });
    expect(agent.turns).toHaveLength(1);
    const ask = { title: "Delete all", action: { command: "rm" }, tool: "delete" };
    await agent.report("work", { type: "approval_request", ask, handle: { requestId: "r1", epoch: "1" } });
    const [pending] = await life().journal.store.find("approvals");
    const code = pending?.code ?? "";
    await say(`approve ${code}`, "t1", { assurance: "token" });
    const pressed = { ...press(`approval:${pending?.id}`), assurance: "token" } as PersonEvent;
    expect(await chat.hear(pressed)).toMatchObject({ type: "privateText" });
    await clock.settled();
    expect((await life().journal.store.get("approvals", pending?.id ?? ""))?.state).toBe("pending");
    expect(agent.answers).toEqual([]);
    await say(`approve ${code}`, "t1", { eventId: "signed-in" });
    expect(agent.answers).toMatchObject([{ approved: true }]);
    await file.dispose();
  });
});
