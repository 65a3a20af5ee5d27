/**
 * What there is and what was said, by the started program: two conversations on two platforms, one of them in both; an approval, an edit, a file; the
 * record of it from the running hub and from the folder of one that was stopped.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordEntry, type RecordEntry } from "../../src/conversations/entries.ts";
import { insert, type Write } from "../../src/contract/store.ts";
import { endOfTurn, say } from "../../src/contract/handler.ts";
import { openStore } from "../../src/store/open.ts";
import { createHubProcess, type Said, until } from "../support/hub-process.ts";
import { inboxFields, takeFence, testOrigin } from "../support/stores.ts";
import { ANN } from "../support/telegram-bench.ts";
import { createTwoChats, FORUM, PIN, type TwoChats } from "../support/two-chats.ts";

const DEADLINE_MS = 120_000;
const SECRET = "tr0ub4dor-and-3-more";
/** Of the file that is sent. */
const WORDS = "the plan, as it was drawn";

let chats: TwoChats;
let topic: number;
let mirror: number;
const file = (name: string): string => join(chats.hub.dataDir, name);
const entriesOf = (text: string): RecordEntry[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => recordEntry.parse(JSON.parse(line)));
const record = async (...args: string[]): Promise<RecordEntry[]> => entriesOf((await chats.hub.cli("export", ...args)).stdout);
const wordsOf = (entries: readonly RecordEntry[]): string[] =>
  entries.flatMap((entry) => (entry.type === "message" ? [`${entry.from.name}@${entry.place.account}: ${entry.text}`] : []));
const named = async (title: string): Promise<string> =>
  (await chats.client.sessions.list()).sessions.find((session) => session.title === title)?.name ?? "";

beforeAll(async () => {
  chats = await createTwoChats();
  await chats.start({ orchestrator: { driver: "rehearsal" } }, { DOOR_SECRET: SECRET });
  await chats.console.say("hello", "plan");
  await chats.console.sees("Echo: hello", "plan");
  await decideInConsole();
  topic = await chats.telegram.begin("over there");
  await chats.telegram.sees("Echo: over there", topic);
  await sendFile();
  await editMessage();
  mirror = await chats.telegram.begin(`!mirror ${await named("hello")}`);
  await chats.telegram.sees("is shown here, too", mirror);
  chats.telegram.say("from the topic", mirror);
  await chats.console.sees("Echo: from the topic", "plan");
  await chats.telegram.sees("Echo: from the topic", mirror);
  await until("nobody works", async () => (await chats.client.sessions.list()).sessions.every(({ isWorking }) => !isWorking));
  await chats.settled();
}, DEADLINE_MS);
afterAll(() => chats?.end());

async function decideInConsole(): Promise<void> {
  await chats.console.say("approve red", "plan");
  let code = "";
  await until("it is asked", async () => {
    const [asked] = (await chats.client.approvals.list({ state: "pending" })).approvals;
    return (code = asked?.code ?? "") !== "";
  });
  await chats.client.approvals.decide(code, { verdict: "approve", pin: PIN, reason: `the key is ${SECRET}` });
  await chats.console.sees("It was approved", "plan");
  await until("it is used up", async () => (await chats.client.approvals.get(code)).state === "consumed");
}

async function sendFile(): Promise<void> {
  const sent = { file_id: "one", file_name: "plan.txt", mime_type: "text/plain", bytes: Buffer.from(WORDS) };
  chats.fake.world.say(FORUM, ANN, "with a file", { thread: topic, file: sent });
  await chats.telegram.sees("plan.txt", topic);
}

async function editMessage(): Promise<void> {
  const { message } = chats.fake.world.say(FORUM, ANN, "with a slip", { thread: topic });
  await chats.telegram.sees("Echo: with a slip", topic);
  chats.fake.world.changeText(message, "without one");
  await until("the change is in the journal", async () => (await chats.hub.cli("export")).stdout.includes("without one"), 40_000);
}

describe("sessions", () => {
  test("are listed by every face alike", async () => {
    const { sessions } = await chats.client.sessions.list();
    expect(sessions.map(({ title }) => title)).toEqual(["hello", "over there"]);
    expect(sessions[0]).toMatchObject({ orchestrator: "Mos", status: "open", isWorking: false, waiting: 0, toDecide: 0 });
    expect(sessions[0]?.places.map(({ account }) => account)).toEqual(["console", "telegram"]);
    const { events } = await chats.hub.cli("sessions", "--limit", "1");
    expect(events).toEqual([{ type: "sessions", sessions: sessions.slice(0, 1) }]);
    const { stdout } = await chats.hub.shell("sessions", "list");
    expect(stdout).toMatch(
      /^chat-[0-9a-f]{8} {2}\d{4}-\d\d-\d\d \d\d:\d\d UTC {2}hello · Mos · console · thread plan, telegram · -1001 · thread \d+\n/,
    );
    await chats.console.say("!sessions", "plan");
    await chats.console.sees(`\`${sessions[0]?.name}\` hello · Mos · console`, "plan");
  });

  test("are shown one by one by name, also once they have ended; to a token that may read", async () => {
    const name = await named("over there");
    const reader = await chats.token(["read"], "reader");
    const get = async (path: string, token = reader): Promise<{ status: number; body: Record<string, unknown> }> => {
      const answer = await fetch(new URL(path, await chats.url()), { headers: { authorization: `Bearer ${token}` } });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    expect(await get(`/v1/sessions/${name.slice(5)}`)).toMatchObject({ status: 200, body: { name, title: "over there", status: "open" } });
    expect((await get(`/v1/sessions/${name}`, await chats.token(["deploys"], "other"))).status).toBe(403);
    expect((await get("/v1/sessions/chat-00000000")).status).toBe(404);
    chats.telegram.say("!leave", topic);
    await until("it has ended", async () => (await get(`/v1/sessions/${name}`)).body["status"] === "closed");
    expect((await get("/v1/sessions")).body["sessions"]).toHaveLength(1);
    expect((await get("/v1/sessions?all=true")).body["sessions"]).toHaveLength(2);
    const { stdout } = await chats.hub.shell("sessions", "show", name);
    expect(stdout).toMatch(new RegExp(`^${name} {2}over there\nwith +Mos\nat +telegram · -1001 · thread ${topic}\nstate +closed\nbegun`));
  });
});

describe("the record", () => {
  test("has what people and the orchestrator said in each conversation, once, in order, and the last wording", async () => {
    const all = await record();
    expect(all.filter(({ type }) => type === "conversation")).toHaveLength(2);
    const one = await record(await named("hello"));
    const [hello, echo, ask, ...rest] = wordsOf(one);
    expect([hello, echo, ask]).toEqual([
      expect.stringMatching(/@console: hello$/),
      expect.stringMatching(/^Mos@console: [^]*Echo: hello$/),
      expect.stringMatching(/: approve red$/),
    ]);
    expect(rest.slice(-2)).toEqual(["Ann@telegram: from the topic", "Mos@telegram: Echo: from the topic"]);
    const other = wordsOf(all.slice(one.length));
    expect(other.filter((words) => words.startsWith("Ann"))).toEqual(
      ["over there", "with a file", "without one"].map((text) => `Ann@telegram: ${text}`),
    );
    expect(other).toContain("Mos@telegram: Echo: with a slip");
    expect(all.some((entry) => entry.type === "message" && /!sessions|!mirror|!leave/.test(entry.text))).toBe(false);
    const times = one.flatMap((entry) => (entry.type === "conversation" ? [] : [entry.at]));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("says who decided, where files lie, and no secret", async () => {
    const all = await record();
    const asked = all.find((entry) => entry.type === "approval");
    expect(asked).toMatchObject({ state: "consumed", decidedBy: expect.any(String), reason: expect.stringContaining("the key is ") });
    const [sent] = all.flatMap((entry) => (entry.type === "message" && entry.text === "with a file" ? (entry.attachments ?? []) : []));
    expect(sent).toMatchObject({ name: "plan.txt", sizeBytes: WORDS.length });
    expect(await readFile(sent?.path ?? "", "utf8")).toBe(WORDS);
    const { token } = await chats.hub.address();
    for (const secret of [SECRET, PIN, token]) expect(JSON.stringify(all)).not.toContain(secret);
  });

  test(
    "is read by people as Markdown, and comes as a new file for its owner from a hub that is stopped",
    { timeout: DEADLINE_MS },
    async () => {
      const name = await named("hello");
      expect(await chats.hub.terminate()).toBe(0);
      expect((await chats.hub.shell("sessions")).code).not.toBe(0);
      const { stdout } = await chats.hub.shell("export", name);
      expect(stdout).toMatch(
        /^# hello\n\n`chat-[0-9a-f]{8}` with Mos, begun .* UTC, open\.\n\n\*\*.*\*\* · .* UTC · console · thread plan\n\n> hello\n\n/,
      );
      expect(stdout).toMatch(/^> - approved by .*, by .*: the key is /m);
      const to = file("record.jsonl");
      const made = await chats.hub.cli("export", "--to", to);
      expect(made).toMatchObject({ code: 0, events: [{ type: "export", file: to, conversations: 2 }] });
      expect((await stat(to)).mode & 0o777).toBe(0o600);
      const kept = await readFile(to, "utf8");
      expect(entriesOf(kept)).toEqual(await record());
      await refused(["--to", to], "it is there already");
      expect(await readFile(to, "utf8")).toBe(kept);
    },
  );

  test("is refused with a reason, and then leaves no file", { timeout: DEADLINE_MS }, async () => {
    await refused(["chat-00000000", "--to", file("none.md")], "There is no conversation chat-00000000");
    await expect(stat(file("none.md"))).rejects.toThrow("ENOENT");
    await refused(["--since", "yesterday"], "takes a date, 2026-01-31");
    await refused(["--format", "pdf"], "");
    await refused(["--to", file("no/such/folder.md")], "cannot be written (ENOENT)");
    expect(await chats.hub.shell("export", "--since", "2999-01-01")).toMatchObject({ code: 0, stdout: "" });
  });

  async function refused(args: readonly string[], why: string): Promise<void> {
    const said: Said = await chats.hub.shell("export", ...args);
    expect(said.code).not.toBe(0);
    expect(said.stderr).toContain(why);
  }
});

const TURNS = 12_000;
const TURN_TEXT = "The quick brown fox jumps over the lazy dog. ".repeat(40);

test("a long journal is never all in memory", { timeout: 240_000 }, async () => {
  // All that is said is more than the memory there is.
  const hub = await createHubProcess({ NODE_OPTIONS: "--max-old-space-size=40" });
  try {
    await longJournal(hub.dataDir);
    const to = join(hub.dataDir, "long.jsonl");
    expect(await hub.cli("export", "--to", to)).toMatchObject({ code: 0, events: [{ conversations: 1, messages: 2 * TURNS }] });
    expect((await stat(to)).size).toBeGreaterThan(2 * TURNS * TURN_TEXT.length);
  } finally {
    await hub.end();
  }
});

async function longJournal(dataDir: string): Promise<void> {
  const store = await openStore({ dataDir });
  const fence = await takeFence(store);
  const session = "agent:mos:chat:long";
  const address = { account: "console", chat: "console", thread: "long" };
  const common = { orchestrator: "mos", address } as const;
  const begun: Write = insert("sessions", session, { ...common, agentSessionId: null, title: "long", status: "open", busyMode: "queue" });
  for (let done = 0; done < TURNS; done += 200) {
    const writes = Array.from({ length: 200 }, (_, at) => turnWrites(done + at)).flat();
    await store.commit({ fence, origin: { ...testOrigin, at: 1000 + done }, writes: [...(done === 0 ? [begun] : []), ...writes] });
  }
  await store.close();

  function turnWrites(number: number): Write[] {
    const [inboxId, trace] = [`in${number}`, `trc_${number}`];
    const text = `${number} ${TURN_TEXT}`;
    const event = {
      type: "message",
      text,
      sender: "me",
      ts: "",
      chatId: "console",
      eventId: inboxId,
      direct: false,
      mentionsBot: true,
    } as const;
    const turn = {
      ...common,
      sessionKey: session,
      trace,
      state: "done",
      personId: "per_1",
      inboxId,
      text: "",
      attachments: [],
      attempt: 1,
      times: {},
    } as const;
    return [
      insert("inbox", inboxId, inboxFields({ trace, address, sessionKey: session, status: "done", event })),
      insert("turns", `trn_${number}`, turn),
      say({ address, trace, text, urgency: "reply" }).write,
      endOfTurn({ address, trace }, "done"),
    ];
  }
}
