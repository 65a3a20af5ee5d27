/** What was said, as the record has it: the real handlers write the journal, in hand-moved time. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Names, recordEntry, type RecordEntry, type SaidEntry } from "../../../src/conversations/entries.ts";
import { findConversation } from "../../../src/conversations/places.ts";
import { allSessions, transcriptOf } from "../../../src/conversations/transcript.ts";
import { written } from "../../../src/conversations/written.ts";
import { conversationName } from "../../../src/contract/ids.ts";
import type { ApprovalAsk } from "../../../src/contract/orchestrator.ts";
import type { PersonEvent } from "../../../src/contract/message.ts";
import { say } from "../../../src/contract/handler.ts";
import { createRedactor } from "../../../src/redaction/secrets.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { addPerson } from "../../support/mortal-journal.ts";

const SECRET = "tr0ub4dor-and-3-more";
const secrets = [{ name: "DOOR", value: SECRET }];
const names: Names = {
  personOf: (id) => ({ per_ann: "Ann", per_bob: "Bob" })[id],
  aliasOf: () => "Mos",
  fileOf: ({ path }) => (path.endsWith("gone") ? null : `/data/files/${path}`),
  redact: createRedactor(secrets),
};
const ASK: ApprovalAsk = { title: "Delete the backups", class: "red", action: { command: ["rm", "-r", "old"] } } as ApprovalAsk;

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench({ can: { edit: true } });
});
afterEach(() => bench.file.dispose());

const store = () => bench.life().journal.store;
const later = () => bench.clock.tick(1000);
const saying = async (text: string, thread: string, more: Partial<PersonEvent> = {}): Promise<void> => {
  await bench.say(text, thread, more);
  await later();
};
const hear = async (event: Partial<PersonEvent>, thread = "t1"): Promise<void> => {
  const place = { chatId: "home", threadId: thread, sender: "ann", ts: "2026-01-01T00:00:00.000Z", eventId: `c${bench.clock.now()}` };
  await bench.chat.hear({ ...place, ...event } as PersonEvent);
  await later();
};
const answer = async (to: string, ...texts: string[]): Promise<void> => {
  for (const text of texts) {
    await bench.agent.report(to, { type: "text", text });
    await later();
  }
  await bench.agent.end(to);
  await later();
};
const nameAt = async (thread: string): Promise<string> => {
  const bound = (await store().find("bindings")).find(({ address }) => address.thread === thread);
  return bound ? conversationName(bound.sessionKey) : "";
};
async function record(name?: string, since?: number): Promise<RecordEntry[]> {
  const one = name === undefined ? undefined : await findConversation(store(), name, { closed: true });
  const sessions =
    one === undefined
      ? allSessions(store())
      : (async function* () {
          yield one;
        })();
  const entries: RecordEntry[] = [];
  for await (const entry of transcriptOf(sessions, { store: store(), names, since })) entries.push(recordEntry.parse(entry));
  return entries;
}
const isSaid = (entry: RecordEntry): entry is SaidEntry => entry.type !== "conversation";
const lines = (entries: readonly RecordEntry[]): string[] =>
  entries.filter(isSaid).map(({ from, place, text }) => `${from.name}@${place.thread}: ${text}`);

test("each conversation by itself, in order, whatever else was going on; commands and the hub's remarks are left out", async () => {
  await saying("hello", "t1");
  await saying("good day", "t2");
  await saying("and then?", "t1");
  await saying("!status", "t1");
  await answer("good day", "Day.");
  await answer("hello", "First.", "First.");
  await answer("and then?", "Then this.");
  const entries = await record();
  expect(entries.map(({ type }) => type).filter((type) => type === "conversation")).toHaveLength(2);
  expect(lines(entries)).toEqual([
    "ann@t1: hello".replace("ann", "Ann"),
    "Ann@t1: and then?",
    "Mos@t1: First.",
    "Mos@t1: First.",
    "Mos@t1: Then this.",
    "Ann@t2: good day",
    "Mos@t2: Day.",
  ]);
  expect(entries[0]).toMatchObject({ type: "conversation", title: "hello", orchestrator: "Mos", status: "open" });
  expect(lines(await record(await nameAt("t2")))).toEqual(["Ann@t2: good day", "Mos@t2: Day."]);
  const times = entries
    .filter(isSaid)
    .filter(({ place }) => place.thread === "t1")
    .map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("what several places show comes once, from where it was said; what was said there counts as well", async () => {
  await saying("hello", "t1");
  await answer("hello", "Hello.");
  await saying(`!mirror ${await nameAt("t1")}`, "t2");
  await saying("from here", "t2");
  await answer("from here", "To both.", "To both.");
  // Of its own accord, outside any turn: shown in both places.
  const event = { type: "text", text: "By the way." } as const;
  await bench.life().hub.report({ session: bench.agent.turns[0]?.session ?? "agent:mos:chat:none", event });
  await later();
  expect(bench.chat.shown.filter((text) => text === "By the way.")).toHaveLength(2);
  expect(bench.chat.shown.filter((text) => text === "To both.")).toHaveLength(4);
  expect(lines(await record())).toEqual([
    "Ann@t1: hello",
    "Mos@t1: Hello.",
    "Ann@t2: from here",
    "Mos@t2: To both.",
    "Mos@t2: To both.",
    "Mos@t1: By the way.",
  ]);
});

test("a place that was given to another conversation: each has its own", async () => {
  await saying("hello", "t1");
  await answer("hello", "Hello.");
  const first = await nameAt("t1");
  await saying("!new", "t1");
  await saying("anew", "t1");
  await answer("anew", "Who are you?");
  expect(lines(await record(first))).toEqual(["Ann@t1: hello", "Mos@t1: Hello."]);
  expect(lines(await record(await nameAt("t1")))).toEqual(["Ann@t1: anew", "Mos@t1: Who are you?"]);
  expect((await record(first))[0]).toMatchObject({ status: "closed" });
});

test("words in the hub's own name belong to whom the place spoke with last", async () => {
  await saying("hello", "t1");
  await answer("hello", "Hello.");
  const address = { account: "chat", chat: "home", thread: "t1" };
  const { write } = say({ address, trace: "trc_posted", text: "The build is done.", urgency: "notice" });
  const whispered = say({
    address,
    trace: "trc_whispered",
    text: "For Ann alone.",
    urgency: "notice",
    onlyTo: { sender: "ann", otherwise: "" },
  });
  await bench.life().journal.commit({ actorId: "per_ann", scope: "hub", writes: [write, whispered.write] });
  await later();
  expect((await record()).at(-1)).toMatchObject({ from: { kind: "hub", name: "mos-hub" }, text: "The build is done." });
});

describe("what people did to it later", () => {
  test("the last wording of its author counts, also when the agent had read the first; a deleted one has no words", async () => {
    await addPerson(bench.life().journal, "bob");
    await saying("hello", "t1");
    await saying("a slip", "t1");
    await answer("hello", "Hello.");
    await hear({ type: "edited", messageEventId: "e1", text: "hello there" });
    await hear({ type: "edited", messageEventId: "e1", text: "hello there!" });
    await hear({ type: "edited", messageEventId: "e1", text: "not Ann's", sender: "bob" });
    await hear({ type: "deleted", messageEventId: "e2" });
    const [, edited, deleted] = await record();
    expect(edited).toMatchObject({ text: "hello there!", editedAt: expect.any(Number) });
    expect(deleted).toMatchObject({ text: "", deletedAt: expect.any(Number) });
    expect(JSON.stringify(await record())).not.toContain("slip");
  });

  test("an approval says how it ended and who decided", async () => {
    await saying("hello", "t1");
    await bench.agent.report("hello", {
      type: "approval_request",
      ask: ASK,
      handle: { requestId: "r1", epoch: "one" },
    } as never);
    await later();
    const [asked] = await store().find("approvals");
    await saying(`approve ${asked?.code}`, "t1");
    await answer("hello", "Done.");
    const [, , approval, done] = await record();
    expect(approval).toMatchObject({
      type: "approval",
      from: { name: "Mos" },
      decidedBy: "ann",
      votes: [{ name: "ann", verdict: "approve" }],
    });
    expect(approval && isSaid(approval) && approval.text).toMatch(/Delete the backups[\s\S]*rm[\s\S]*Approved by ann/);
    expect(done).toMatchObject({ text: "Done." });
    const text = (await record()).map((entry) => written(entry, "markdown")).join("");
    expect(text).toMatch(/^> - approved by ann, .* UTC, by chat$/m);
  });
});

test("a growing answer is said once, when it is complete; one that was cut off as far as it was shown", async () => {
  const grow = async (text: string): Promise<void> => {
    await bench.agent.report("", { type: "text_delta", text });
    await bench.clock.tick(3000);
  };
  await saying("hello", "t1");
  await grow("It grows");
  await grow(" and ends.");
  expect(bench.chat.shown).toEqual(["It", "It grows and"]);
  await answer("hello");
  await saying("once more", "t1");
  await grow("It breaks");
  await grow(" off and");
  await bench.restart();
  await later();
  await answer("once more", "It is whole.");
  const [first, second, third, cut, ...rest] = lines(await record());
  expect([first, second, third]).toEqual(["Ann@t1: hello", "Mos@t1: It grows and ends.", "Ann@t1: once more"]);
  expect(cut).toContain("(cut off here)");
  expect(rest).toEqual([expect.stringContaining("mos-hub@t1: The hub was restarted"), "Mos@t1: It is whole."]);
});

test("since: only what came then or later, and no heading of what has none", async () => {
  await saying("long ago", "t2");
  await answer("long ago", "Yes.");
  const since = bench.clock.now();
  await saying("lately", "t1");
  expect((await record(undefined, since)).map((entry) => (isSaid(entry) ? entry.text : entry.title))).toEqual(["lately", "lately"]);
});

test("attachments by name and place; secrets and what opens a link stay out", async () => {
  const files = ["ab", "gone"].map((path) => ({ name: `${path}.txt`, mimeType: "text/plain", sizeBytes: 3, path }));
  const link = `https://hub.example.internal/canvas/cnv_abc#${"s".repeat(43)}`;
  await saying(`look ${link} and https://hub.example.internal/sign-in?link=${"k".repeat(43)}`, "t1", { attachments: files } as never);
  await answer("look", `The door opens with ${SECRET}.`);
  const entries = await record();
  const [, heard] = entries;
  expect(heard).toMatchObject({
    attachments: [
      { name: "ab.txt", path: "/data/files/ab" },
      { name: "gone.txt", path: null },
    ],
  });
  expect(lines(entries)).toEqual([
    "Ann@t1: look https://hub.example.internal/canvas/cnv_abc and https://hub.example.internal/sign-in?link=",
    "Mos@t1: The door opens with [redacted:DOOR].",
  ]);
  expect(written(heard as RecordEntry, "markdown")).toContain(
    "> - attached: ab.txt (3 bytes), `/data/files/ab`\n> - attached: gone.txt (3 bytes), no longer kept",
  );
});

test("a canvas as it stands, without what opens it, and what a person sends back from one as theirs", async () => {
  await saying("hello", "t1");
  const share = { title: "Menu", url: "https://pages.example.internal/menu#opens-it" };
  const form = { fields: [], buttons: ["Send"] };
  await bench.agent.report("hello", { type: "canvas", share, canvasId: "cnv_menu" } as never);
  await bench.agent.report("hello", { type: "canvas", share: { title: "Form", content: { form } }, canvasId: "cnv_form" } as never);
  await later();
  await bench.agent.report("hello", { type: "canvas", share: { ...share, title: "New menu", canvas_id: "cnv_menu" } } as never);
  await answer("hello", "Look.");
  const person = await store().get("people", "per_ann");
  if (person) await bench.life().hub.submit({ canvasId: "cnv_form", id: "once", person, revision: 1, button: "Send", values: {} });
  await later();
  await answer("pressed", "Thank you.");
  const [, , menu, shownForm, look, sent, thanks] = await record();
  expect(menu).toMatchObject({ card: "canvas", from: { kind: "orchestrator" }, text: expect.stringContaining("New menu") });
  expect(menu && isSaid(menu) && menu.text).toContain("https://pages.example.internal/menu");
  expect(JSON.stringify(menu)).not.toContain("opens-it");
  expect(shownForm).toMatchObject({ card: "canvas", text: expect.stringContaining("Form") });
  expect(sent).toMatchObject({ from: { kind: "person", name: "Ann" }, text: "**ann** pressed *Send* on **Form**." });
  expect(lines([look, thanks].flatMap((entry) => entry ?? []))).toEqual(["Mos@t1: Look.", "Mos@t1: Thank you."]);
});

describe("as Markdown", () => {
  const said: SaidEntry = {
    type: "message",
    conversation: "chat-00000000",
    at: Date.UTC(2026, 0, 31, 12, 5, 9),
    from: { kind: "person", name: "An*n*" },
    place: { account: "chat", chat: "home", thread: "t1" },
    text: "# no heading\n\n```\nopen",
  };

  test("what was said stands in quotes and draws nothing outside of them", () => {
    expect(written(said, "markdown")).toBe(
      "**An\\*n\\*** · 2026-01-31 12:05:09 UTC · chat · home · thread t1\n\n> # no heading\n>\n> ```\n> open\n\n",
    );
    expect(written({ ...said, text: "a\r\nb\rc" }, "markdown")).toContain("> a\n> b\n> c\n");
  });

  test("what was changed, deleted or never arrived says so", () => {
    expect(written({ ...said, editedAt: said.at }, "markdown")).toContain("· edited 2026-01-31 12:05:09 UTC\n");
    expect(written({ ...said, undelivered: true }, "markdown")).toContain("· never delivered\n");
    expect(written({ ...said, text: "", deletedAt: said.at }, "markdown")).toContain("\n> *deleted 2026-01-31 12:05:09 UTC*\n");
  });

  test("JSON Lines are an object a line, as the schema has it", () => {
    const line = written(said, "jsonl");
    expect(line.endsWith("\n") && line.trimEnd().includes("\n")).toBe(false);
    expect(recordEntry.parse(JSON.parse(line))).toEqual(said);
  });
});
