import { afterEach, expect, test } from "vitest";
import { replayOf, traceOf } from "../../../src/trace.ts";
import { type BenchOptions, createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { notSent } from "../../support/recording-connector.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());

const begin = async (options: BenchOptions = {}): Promise<HubBench> => (bench = await createHubBench(options));
const replay = (id: string) => replayOf(bench.life().journal.store, id, ["chat", "other"]);
const trace = async (id: string) => {
  const found = await replay(id);
  return found && traceOf(found);
};

async function talk(): Promise<string> {
  await bench.say("one");
  await bench.agent.report("one", { type: "text", text: "the answer" });
  const ask = { title: "Push", action: { tool: "git" } };
  await bench.agent.report("one", { type: "approval_request", ask, handle: { requestId: "r1", epoch: "e1" } });
  await bench.agent.end("one");
  await bench.clock.settled();
  return (await bench.life().journal.store.find("inbox"))[0]?.trace ?? "";
}

test("any id of the hub or of a platform leads to the same trace", async () => {
  await begin();
  const own = await talk();
  const { store } = bench.life().journal;
  const [inbox, turn, out, approval] = await Promise.all([
    store.find("inbox"),
    store.find("turns"),
    store.find("outbox"),
    store.find("approvals"),
  ]);
  const receipt = out.find(({ receipts }) => receipts.length > 0)?.receipts[0]?.messageId;
  const ids = [
    own,
    "last",
    inbox[0]?.id,
    "e1",
    turn[0]?.id,
    turn[0]?.id.slice(0, 14),
    out[0]?.id,
    receipt,
    approval[0]?.id,
    approval[0]?.code,
  ];
  for (const id of ids) expect((await trace(id ?? "none"))?.trace, `id ${id}`).toBe(own);
  expect(await trace("nothing-has-this")).toBeUndefined();
  const steps = (await trace(own))?.hops.map(({ step }) => step);
  expect(steps).toEqual(
    expect.arrayContaining([
      "journalled",
      "routed",
      "handled",
      "prompting",
      "message sent",
      "approval asked",
      "approval sent",
      "turn done",
    ]),
  );
});

test("an id that several have is answered with the candidates", async () => {
  await begin();
  await bench.say("one", "t1", { eventId: "first" });
  await bench.say("two", "t2", { eventId: "second" });
  const [one, two] = (await bench.life().journal.store.find("inbox")).map((row) => row.trace);
  await expect(trace('["chat","')).rejects.toMatchObject({
    code: "ambiguous_id",
    message: expect.stringContaining(`${one}, ${two}`),
  });
});

test("attempts that failed are hops, with the verdict and the reason", async () => {
  await begin();
  let refusals = 2;
  bench.chat.script = () => (refusals-- > 0 ? notSent({ do: "retry_after", ms: 3000 }) : { delivered: true });
  const own = await talk();
  await bench.clock.tick(60_000);
  const hops = (await trace(own))?.hops ?? [];
  const tries = hops.filter(({ step }) => step === "message not sent");
  expect(tries.map(({ detail }) => detail)).toEqual([
    "attempt 1: no (not sent, retry after 3000 ms)",
    expect.stringMatching(/^attempt \d: no \(not sent, retry after 3000 ms\)$/),
  ]);
  expect(hops.map(({ at }) => at)).toEqual(hops.map(({ at }) => at).sort((a, b) => a - b));
});

test("a message that waited for its pace says so, and whose", async () => {
  await begin({
    limits: {
      text: { max: 4000, unit: "utf16" },
      pace: { perChat: { count: 1, windowMs: 10_000 } },
      countsAsEvent: ["send"],
    },
  });
  const own = await talk();
  await bench.clock.tick(60_000);
  const hops = (await trace(own))?.hops ?? [];
  expect(hops.filter(({ step }) => step.includes("waits for the platform's pace")).map(({ detail }) => detail)).toContain(
    "the budget of the chat is spent",
  );
});

test("a platform's own words about a failure are redacted", async () => {
  await begin();
  let refusals = 1;
  bench.chat.script = () => (refusals-- > 0 ? { ...notSent(), error: "bad token hunter2" } : { delivered: true });
  const own = await talk();
  await bench.clock.tick(60_000);
  expect(JSON.stringify(await replay(own))).not.toContain("hunter2");
  expect(JSON.stringify(await trace(own))).toContain("bad token [redacted]");
});

test("who was refused, and why", async () => {
  await begin();
  await bench.say("let me in", "t1", { sender: "mallory", eventId: "bad" });
  const hops = (await trace("bad"))?.hops ?? [];
  expect(hops.find(({ step }) => step === "refused")?.detail).toContain("mallory");
});

test("a replay has every word that was said, by whom and where", async () => {
  await begin();
  const found = await replay(await talk());
  expect(found?.inbox.map(({ event, sender }) => [sender, event?.type === "message" && event.text])).toEqual([["ann", "one"]]);
  expect(found?.outbox.map(({ op }) => op.type === "send" && op.message.text)).toContain("the answer");
});
