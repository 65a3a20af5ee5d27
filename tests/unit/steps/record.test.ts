import { afterEach, beforeEach, expect, test } from "vitest";
import { inboxId } from "../../../src/contract/ids.ts";
import type { PersonEvent } from "../../../src/contract/message.ts";
import { createRecord, type Recorded, type RecordStep } from "../../../src/steps/record.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { message } from "../../support/hub-bench.ts";
import { addPerson, createJournalFile, type JournalFile, type MortalJournal } from "../../support/mortal-journal.ts";

let file: JournalFile;
let life: MortalJournal;
let step: RecordStep;

beforeEach(async () => {
  const clock = createHandClock();
  file = createJournalFile();
  life = await file.open(clock);
  await addPerson(life.journal, "ann");
  step = createRecord({
    journal: life.journal,
    clock,
    messageBytes: 20,
    messagesPerMinute: 1000,
    hideSecrets: (text) => text.replace("hunter2", "SECRET_REF(DB)"),
  });
});
afterEach(() => file.dispose());

async function record(account: string, event: PersonEvent): Promise<Recorded> {
  const recorded = await step(account, event);
  if (!recorded) throw new Error("it was not even written down");
  return recorded;
}

const rows = () => life.journal.store.find("inbox");

test("the same event is one row, one after the other and at the same time, and the second is told so", async () => {
  const first = await record("chat", message("hello"));
  const again = await record("chat", message("hello"));
  expect([first.again, again.again]).toEqual([false, true]);
  expect(again.row).toEqual(first.row);
  const both = await Promise.all([record("chat", message("twice")), record("chat", message("twice"))]);
  expect(both.map((each) => each.again).sort()).toEqual([false, true]);
  expect(both[0].row).toEqual(both[1].row);
  expect(await rows()).toHaveLength(2);
});

test("the same event id of another account is another event", async () => {
  await record("chat", message("hello"));
  await record("other", message("hello"));
  expect((await rows()).map(({ id }) => id)).toEqual([inboxId("chat", "hello"), inboxId("other", "hello")]);
  expect(inboxId("a", 'b","c')).not.toBe(inboxId('a","b', "c"));
});

test("of a stranger ids are kept and not one word, wherever the platform put it", async () => {
  const said: PersonEvent[] = [
    message("private words", { eventId: "1", sender: "eve", senderName: "private name" } as Partial<PersonEvent>),
    { ...message("", { eventId: "2", sender: "eve" }), type: "edited", messageEventId: "1", text: "private edit" } as PersonEvent,
    {
      ...message("", { eventId: "3", sender: "eve" }),
      type: "action",
      subject: "x",
      choice: "y",
      values: { code: "private" },
    } as PersonEvent,
  ];
  for (const event of said) expect((await record("chat", event)).person).toBeUndefined();
  const kept = await rows();
  expect(kept.map(({ sender, event, personId }) => [sender, event, personId])).toEqual(said.map(() => ["eve", null, null]));
  expect(JSON.stringify(kept)).not.toContain("private");
});

test("who is known on one account is a stranger on another", async () => {
  expect((await record("chat", message("one"))).person?.name).toBe("ann");
  expect((await record("other", message("two"))).person).toBeUndefined();
});

test("registered secrets are replaced before they reach the disk, in messages and edits", async () => {
  await record("chat", message("pass hunter2"));
  await record("chat", { ...message("", { eventId: "e" }), type: "edited", messageEventId: "x", text: "now hunter2" } as PersonEvent);
  expect((await rows()).map(({ event }) => event && "text" in event && event.text)).toEqual(["pass SECRET_REF(DB)", "now SECRET_REF(DB)"]);
});

test("what is too long is refused in words, by bytes, and not kept", async () => {
  await record("chat", message("x".repeat(20)));
  await expect(record("chat", message("é".repeat(11)))).rejects.toMatchObject({
    code: "message_too_long",
    details: { bytes: 22, max: 20 },
  });
  expect(await rows()).toHaveLength(1);
});

test("what cannot be written is not taken, and is taken once the platform delivers it again", async () => {
  life.full = true;
  await expect(record("chat", message("hello"))).rejects.toMatchObject({ code: "store_full" });
  life.full = false;
  expect((await record("chat", message("hello"))).again).toBe(false);
});
