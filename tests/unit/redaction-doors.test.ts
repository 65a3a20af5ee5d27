/** A registered secret is sent through every door of a hub; then all that left it, and every byte it keeps on its disk, is looked at. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PersonEvent, Attachment } from "../../src/contract/message.ts";
import type { OrchestratorEvent } from "../../src/contract/orchestrator.ts";
import { digestOf } from "../../src/approvals/digest.ts";
import { createHubBench, type HubBench, message } from "../support/hub-bench.ts";
import { ALNUM, createRandom } from "../support/random.ts";
import { notSent } from "../support/recording-connector.ts";

const SECRET = createRandom(7).letters(32, ALNUM);
const MARK = "[redacted:DEPLOY_KEY]";
const REFERENCE = "SECRET_REF(DEPLOY_KEY)";

let hub: HubBench;
let streamed: string[];

beforeEach(async () => {
  streamed = [];
  const can = {
    edit: true as const,
    upload: true as const,
    stream: async (_place: unknown, _trace: string, text: string) => void streamed.push(text),
  };
  hub = await createHubBench({ secrets: [{ name: "DEPLOY_KEY", value: SECRET }], can });
});
afterEach(() => hub.file.dispose());

/** Everything that left the hub: to the platform, to the agent, into the log. */
const left = (): string => JSON.stringify([hub.chat.calls, hub.chat.ends, streamed, hub.agent.turns, hub.agent.answers, hub.logged]);

function expectGone(): void {
  expect(left()).not.toContain(SECRET);
  expect(hub.file.bytes()).not.toContain(SECRET);
  // What half of it would show is as bad.
  expect(left()).not.toContain(SECRET.slice(0, 16));
  expect(left()).not.toContain(SECRET.slice(16));
}

async function agentSays(...events: OrchestratorEvent[]): Promise<void> {
  await hub.say("begin");
  await hub.agent.report("begin", ...events);
  await hub.clock.tick(5000);
  await hub.agent.end("begin");
  await hub.clock.tick(5000);
}

const delta = (text: string): OrchestratorEvent => ({ type: "text_delta", text });
const file: Attachment = { name: `dump-${SECRET}.txt`, mimeType: "text/plain", sizeBytes: 3, path: "/nowhere" };
const handle = { requestId: "r1", epoch: "1" };
const fields = [{ name: "a", label: `use ${SECRET}?`, kind: "choice" as const, required: true, options: [{ value: "y", label: SECRET }] }];

const SAID: readonly (readonly [string, readonly OrchestratorEvent[]])[] = [
  ["a text", [{ type: "text", text: `the key is ${SECRET}.` }]],
  ["a text in base64", [{ type: "text", text: `dump: ${Buffer.from(`deploy:${SECRET}`).toString("base64")}` }]],
  ["a streamed text", [..."it is ", ...SECRET, ..." and more"].map(delta)],
  [
    "a text halved by a step",
    [delta(`it is ${SECRET.slice(0, 16)}`), { type: "tool", id: "t", title: "Look", state: "running" }, delta(SECRET.slice(16))],
  ],
  [
    "a text halved by a card",
    [delta(`it is ${SECRET.slice(0, 16)}`), { type: "notice", level: "info", text: "by the way" }, delta(SECRET.slice(16))],
  ],
  ["a step's title", [{ type: "tool", id: "t", title: `deploy --key ${SECRET}`, state: "running" }]],
  ["a step's id", [{ type: "tool", id: SECRET, state: "running" }]],
  ["a member's summary", [{ type: "subagent", id: "s", title: "Helper", state: "done", summary: `found ${SECRET}` }]],
  ["a plan", [{ type: "plan", steps: [{ id: "1", title: `rotate ${SECRET}`, state: "pending" }] }]],
  [
    "an approval's title and reason",
    [{ type: "approval_request", ask: { title: `Use ${SECRET}`, reason: SECRET, action: { run: "x" } }, handle }],
  ],
  [
    "an approval's action",
    [{ type: "approval_request", ask: { title: "Run", action: { command: ["curl", `-H x:${SECRET}`], [SECRET]: true } }, handle }],
  ],
  ["a question", [{ type: "question", ask: { text: `Is it ${SECRET}?`, fields, url: `https://example.org/?k=${SECRET}` }, handle }]],
  ["a canvas", [{ type: "canvas", share: { title: SECRET, kind: "page", url: `https://example.org/c?token=${SECRET}#${SECRET}` } }]],
  [
    "a deploy",
    [
      {
        type: "deploy",
        report: {
          app: "shop",
          environment: "production",
          state: "failed",
          revision: { subject: `set ${SECRET}`, ref: SECRET, author: SECRET },
          urls: { logs: `https://example.org/logs?sig=${SECRET}` },
          domain: { name: "shop.example.org", state: "records", records: [`TXT ${SECRET}`] },
          setup: { kind: "payments", name: "Baray", state: "credential", detail: `not ${SECRET}`, url: `https://example.org/?k=${SECRET}` },
          failure_tail: `env\nDEPLOY_KEY=${SECRET}`,
        },
      },
    ],
  ],
  [
    "a deploy's id, app, environment, domain and set-up",
    [
      {
        type: "deploy",
        report: {
          deploy_id: SECRET,
          app: `shop-${SECRET}`,
          environment: `stage-${SECRET}`,
          state: "live",
          urls: {},
          domain: { name: `${SECRET}.example.org`, state: "records", records: [] },
          setup: { kind: SECRET, name: `Baray ${SECRET}`, state: "started" },
        },
      },
    ],
  ],
  ["a file's name", [{ type: "file", attachment: file }]],
  ["a notice", [{ type: "notice", level: "error", text: `401 for ${SECRET}` }]],
];

test.each(SAID)("the agent says it in %s", async (_, events) => {
  await agentSays(...events);
  expect(JSON.stringify(hub.chat.calls)).toContain(MARK);
  expectGone();
});

test("a thread that is opened from it has no title that shows it", async () => {
  const titles: string[] = [];
  const openThread = async (_place: unknown, _from: string, title: string) => (titles.push(title), { threadId: "t9" });
  await hub.file.dispose();
  hub = await createHubBench({ secrets: [{ name: "DEPLOY_KEY", value: SECRET }], can: { openThread } });
  await hub.chat.hear(message(`deploy with ${SECRET} please`, { eventId: "opens", threadId: undefined }));
  await hub.clock.settled();
  expect(titles).toEqual([expect.stringContaining("SECRET_REF")]);
  expectGone();
});

test("the agent's life tells it, which nobody is shown", async () => {
  await agentSays({ type: "lifecycle", phase: "crashed", detail: `exit after ${SECRET}` });
  expectGone();
});

test("where it stood in words people see a mark", async () => {
  await agentSays({ type: "text", text: `the key is ${SECRET}.` });
  expect(hub.chat.shown).toContain(`the key is ${MARK}.`);
});

test("a turn that ends with it", async () => {
  await hub.say("begin");
  const [turn] = hub.agent.turns;
  await hub.agent.report("begin", { type: "turn_end", turnId: turn?.turnId ?? "", outcome: "failed", reason: `refused ${SECRET}` });
  await hub.clock.tick(5000);
  expect(hub.chat.shown.join()).toContain(`refused ${MARK}`);
  expectGone();
});

test("the driver refuses with it", async () => {
  hub.agent.takes = async () => ({ outcome: "rejected", reason: `no: ${SECRET}` });
  await hub.say("begin");
  await hub.clock.tick(5000);
  expectGone();
});

test("the platform's error quotes it", async () => {
  hub.chat.script = () => ({ ...notSent({ do: "drop" }), error: `POST /bot${SECRET}/send: 400` });
  await agentSays({ type: "text", text: "hello" });
  expect(hub.logged.join()).toContain(MARK);
  expectGone();
});

const place = { chatId: "home", threadId: "t1", sender: "ann", ts: "2026-01-01T00:00:00.000Z" };
const WRITTEN: readonly (readonly [string, Partial<PersonEvent>])[] = [
  ["in the file's name", { attachments: [file] }],
  ["in the sender's name", { senderName: `ann ${SECRET}` }],
];

test("a person writes it: the agent gets a reference, and so does the journal", async () => {
  await hub.say(`use ${SECRET} please`);
  expect(hub.agent.turns[0]?.text).toBe(`use ${REFERENCE} please`);
  expectGone();
});

test.each(WRITTEN)("a person writes it %s", async (_, more) => {
  await hub.say("look", "t1", more);
  expect(hub.agent.turns).toHaveLength(1);
  expectGone();
});

test("a person edits it into a message that waits", async () => {
  await hub.say("first");
  await hub.say("second", "t1", { eventId: "mine" });
  await hub.chat.hear({ ...place, type: "edited", eventId: "edit", messageEventId: "mine", text: `second with ${SECRET}` });
  await hub.clock.settled();
  await hub.agent.end("first");
  await hub.clock.tick(5000);
  expect(hub.agent.turns[1]?.text).toBe(`second with ${REFERENCE}`);
  expectGone();
});

test("a person puts it into a form, a reason, a command, and into a button nobody knows", async () => {
  await hub.say("begin");
  const ask = { text: "Which key?", fields: [{ name: "a", label: "Key", kind: "text" as const, required: true }] };
  await hub.agent.report("begin", { type: "question", ask, handle });
  await hub.clock.settled();
  const [question] = await hub.life().journal.store.find("approvals");
  await hub.chat.hear({
    ...place,
    type: "action",
    eventId: "a1",
    subject: `question:${question?.id}`,
    choice: "answer",
    values: { a: SECRET },
  });
  await hub.agent.report("begin", { type: "approval_request", ask: { title: "Run", action: { run: "x" } }, handle });
  await hub.clock.settled();
  const [approval] = await hub.life().journal.store.find("approvals", { where: { kind: "approval" } });
  await hub.say(`deny ${approval?.code} because of ${SECRET}`);
  await hub.say(`!${SECRET}`);
  await hub.chat.hear({ ...place, type: "action", eventId: "a2", subject: "approval:none", choice: SECRET, values: { reason: SECRET } });
  await hub.clock.tick(5000);
  expect(JSON.stringify(hub.agent.answers)).toContain(REFERENCE);
  expectGone();
});

test("a reference passes untouched, both ways", async () => {
  await hub.say(`use ${REFERENCE}`);
  await hub.agent.report("use", { type: "text", text: `I use ${REFERENCE}; Bearer ${REFERENCE}; password=${REFERENCE}` });
  await hub.clock.tick(5000);
  expect(hub.agent.turns[0]?.text).toBe(`use ${REFERENCE}`);
  expect(hub.chat.shown.join("\n")).toContain(`I use ${REFERENCE}; Bearer ${REFERENCE}; password=${REFERENCE}`);
});

test("the digest of a masked action is that of the exact one", async () => {
  const action = { command: `deploy --key ${SECRET}`, password: "Sommer2026!x" };
  await hub.say("begin");
  await hub.agent.report("begin", { type: "approval_request", ask: { title: "Deploy", action }, handle });
  await hub.clock.tick(1000);
  const card = hub.chat.calls.findLast((call) => call.card?.type === "approval")?.card;
  expect(card).toMatchObject({ digest: digestOf(action), action: expect.stringContaining(MARK) });
  expect(left() + hub.file.bytes()).not.toContain("Sommer2026");
  expectGone();
});

test("typed fields that look like secrets stay: codes, digests, revisions, a canvas' fragment", async () => {
  const sha = createRandom(3).letters(40, "0123456789abcdef");
  const url = `https://hub.example.org/canvas/1?token=${createRandom(5).letters(30, ALNUM)}#token=${createRandom(4).letters(30, ALNUM)}`;
  await agentSays(
    { type: "deploy", report: { app: "shop", environment: "production", state: "live", revision: { sha, ref: "main" }, urls: {} } },
    { type: "canvas", share: { title: "Plan", kind: "page", url } },
  );
  const cards = hub.chat.calls.map(({ card }) => card);
  expect(cards.find((card) => card?.type === "deploy")).toMatchObject({ revision: { sha } });
  const canvas = hub.chat.calls.find(({ card }) => card?.type === "canvas");
  const fragment = url.slice(url.indexOf("#"));
  expect(canvas?.card).toMatchObject({ url: expect.stringMatching(/\?token=\[redacted:token\]#/) });
  expect(canvas?.card).toMatchObject({ url: expect.stringContaining(fragment) });
  expect(canvas?.text).toContain(fragment);
});

test("what is shown while it is written never begins a secret", async () => {
  await agentSays(...[..."the key is ", ...SECRET, ..." as you see. "].map(delta));
  expect(streamed.length).toBeGreaterThan(0);
  for (const text of streamed) expect(text).not.toContain(SECRET.slice(0, 4));
  expect(hub.chat.shown.join()).toContain(`the key is ${MARK} as you see.`);
});
