/** `chat --once` over a whole hub and its rehearsal: a turn that waits for people says so at once, and what ends the wait. */
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runChat } from "../../src/cli/chat.ts";
import { foregroundClock } from "../../src/clock.ts";
import { createHandClock } from "../support/hand-clock.ts";
import { until } from "../support/hub-process.ts";
import { type InProcessHub, PIN, startInProcess } from "../support/in-process-hub.ts";

interface Waiting {
  readonly type: string;
  readonly code: string;
  readonly how: readonly string[];
}

let inside: InProcessHub;
beforeAll(async () => {
  inside = await startInProcess();
}, 60_000);
afterAll(() => inside.end());

/** A command under way: what it has printed so far, and its exit code. */
function chat(once: string, thread: string, { json = true, clock = foregroundClock, timeoutMs = 600_000 } = {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const said = { out: "", err: "" };
  stdout.on("data", (chunk) => (said.out += String(chunk)));
  stderr.on("data", (chunk) => (said.err += String(chunk)));
  const io = { client: inside.client, stdin, stdout, stderr, isTty: false, colour: false, clock };
  const code = runChat({ once, thread, json, timeoutMs }, io as unknown as Parameters<typeof runChat>[1]);
  const events = (): Waiting[] =>
    said.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Waiting);
  const waiting = async (): Promise<Waiting> => {
    await until("it says what it waits for", () => events().some(({ type }) => type === "waiting"));
    return events().find(({ type }) => type === "waiting") as Waiting;
  };
  return { said, code, events, waiting };
}

const decide = (code: string, verdict: "approve" | "deny") => inside.client.approvals.decide(code, { verdict, pin: PIN });

test("an approval: one line says what is asked, who may decide and what to type, before the turn has ended", async () => {
  const asking = chat("approve red", "own");
  const waiting = await asking.waiting();
  const { code } = waiting;
  expect(waiting).toMatchObject({
    kind: "approval",
    asks: "A rehearsed action of class red",
    who: "approver",
    how: [`mos-hub approvals approve ${code}`, `mos-hub approvals deny ${code} reason`],
    expiresAt: expect.any(Number) as number,
  });
  await decide(code, "deny");
  expect(await asking.code).toBe(0);
  expect(asking.events().filter(({ type }) => type === "waiting")).toHaveLength(1);
  expect(asking.events().at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
});

test("a person reads it on stderr, and nothing on the card that cannot be typed there", async () => {
  const asking = chat("approve red", "words", { json: false });
  await until("it says what it waits for", () => asking.said.err.includes("deny"));
  const code = /approve ([A-Z2-9]{3}-[A-Z2-9]{3})/.exec(asking.said.err)?.[1] ?? "";
  expect(asking.said.err).toBe(
    `Waiting for a decision on ${code}: A rehearsed action of class red. Who may: approver.\n  mos-hub approvals approve ${code}\n  mos-hub approvals deny ${code} reason\n`,
  );
  await decide(code, "deny");
  expect(await asking.code).toBe(0);
  expect(asking.said.out).toContain(code);
  expect(asking.said.out).not.toContain("/approve");
});

test("a question, and the line that it says answers it", async () => {
  const asking = chat("ask", "question");
  const { code, how, ...rest } = await asking.waiting();
  expect(rest).toMatchObject({ kind: "question", who: "operator" });
  expect(how).toEqual([`mos-hub chat --once "!answer ${code} …"`]);
  expect(await chat(`!answer ${code} 1`, "elsewhere").code).toBe(0);
  expect(await asking.code).toBe(0);
});

test("a message behind a turn that waits says the same, and so does its trace", async () => {
  const first = chat("approve red", "queue");
  const { code } = await first.waiting();
  const second = chat("and you?", "queue");
  expect((await second.waiting()).code).toBe(code);
  const { trace } = second.events()[0] as unknown as { readonly trace: string };
  expect(await inside.client.trace(trace)).toMatchObject({ waitsFor: [code] });
  await decide(code, "approve");
  expect([await first.code, await second.code]).toEqual([0, 0]);
  expect(await inside.client.trace(trace)).toMatchObject({ waitsFor: [] });
});

test("at its deadline it ends with 75, and a last line says so; the turn goes on", async () => {
  const clock = createHandClock();
  const asking = chat("approve red", "late", { clock, timeoutMs: 5000 });
  const { code } = await asking.waiting();
  await clock.tick(5000);
  expect(await asking.code).toBe(75);
  expect(asking.events().at(-1)).toEqual({ type: "late", timeoutMs: 5000 });
  expect((await decide(code, "approve")).state).not.toBe("pending");
});
