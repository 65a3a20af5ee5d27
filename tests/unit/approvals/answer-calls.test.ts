/** Whoever asked over HTTP and gave an address is told, whatever dies in between. */
import { Keyv } from "keyv";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keepAnswering, mayCall, oweAnswer } from "../../../src/approvals/answer-calls.ts";
import { createGrants } from "../../../src/approvals/grants.ts";
import { insert, update } from "../../../src/contract/store.ts";
import type { ApprovalFields } from "../../../src/contract/tables.ts";
import { verifyAnswer, verifyGrant } from "../../../src/grant.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";
import { until } from "../../support/hub-process.ts";
import { createJournalFile, type JournalFile, type MortalJournal } from "../../support/mortal-journal.ts";

const URL = "https://ci.example.internal/hooks/approval";
const ISSUER = "mos-hub:test";

let clock: HandClock;
let file: JournalFile;
let life: MortalJournal;
let grants: ReturnType<typeof createGrants>;
let calls: string[];
let isTaken: () => boolean;
let end: () => Promise<void>;
const warned: string[] = [];
beforeEach(async () => {
  clock = createHandClock();
  file = createJournalFile();
  calls = [];
  isTaken = () => true;
  grants = createGrants({ state: new Keyv(), seal: createSeal(Buffer.alloc(32, 1)), issuer: ISSUER, longestMs: 60_000, now: clock.now });
  await begin();
  const fields = { kind: "approval", code: "K7Q-M2X", state: "pending", digest: "d", trace: "t", waiting: [] } as unknown as ApprovalFields;
  const writes = [insert("approvals", "apr_1", fields), oweAnswer("apr_1", URL, { now: clock.now() })];
  await life.journal.commit({ actorId: "t", scope: "hub", writes });
});
afterEach(async () => {
  await end();
  await file.dispose();
});

async function begin(): Promise<void> {
  life = await file.open(clock);
  const call = async (url: string, signed: string) => {
    expect(url).toBe(URL);
    calls.push(signed);
    return isTaken();
  };
  const log = { warn: (_facts: object, text: string) => void warned.push(text), error: () => {} };
  end = keepAnswering({ journal: life.journal, clock, grants, call, log });
}

/** Signing is work for the machine, which no clock of ours moves. */
const called = (times: number) => until(`it was called ${times} times`, () => calls.length === times);
const settled = () => until("nothing is owed", async () => (await owed()) === 0);

async function decide(): Promise<void> {
  const row = await life.journal.store.get("approvals", "apr_1");
  const set = { state: "approved", decider: "Ann", decidedAt: clock.now(), decisionReason: null } as const;
  await life.journal.commit({ actorId: "t", scope: "hub", writes: row ? [update("approvals", row, set)] : [] });
}

async function owed(): Promise<number> {
  return (await life.journal.store.find("kv", { idPrefix: "approval-answer/" })).length;
}

describe("an answer", () => {
  test("is called in once it is decided, signed, and then no more", async () => {
    await clock.tick(120_000);
    expect(calls).toEqual([]);
    await decide();
    await settled();
    const told = await verifyAnswer(calls[0] ?? "", { keys: await grants.keys(), issuer: ISSUER });
    expect(told).toMatchObject({ approval_id: "apr_1", code: "K7Q-M2X", state: "approved", decided_by: "Ann" });
    await clock.tick(3_600_000);
    expect(calls).toHaveLength(1);
    const log = await life.journal.store.find("audit", { where: { what: "approval.answered" } });
    expect(log).toMatchObject([{ subject: "apr_1", facts: { to: "https://ci.example.internal" } }]);
  });

  test("is no grant, to nobody; and a grant is no answer", async () => {
    await decide();
    await settled();
    const [answer = ""] = calls;
    const keys = await grants.keys();
    await expect(grants.verify(answer)).rejects.toMatchObject({ code: "grant_refused" });
    await expect(verifyGrant(answer, { keys, issuer: ISSUER, action: {} })).rejects.toThrow(/claim/);
    const row = {
      id: "apr_1",
      digest: "d",
      orchestrator: "mos",
      votes: [],
      policy: { executionWindowMs: 60_000 },
      decidedAt: clock.now(),
    } as never;
    await expect(verifyAnswer(await grants.sign(row), { keys, issuer: ISSUER })).rejects.toThrow(/typ/);
    await expect(verifyAnswer(answer, { keys, issuer: "mos-hub:other" })).rejects.toThrow(/iss/);
  });

  test("that nobody takes is tried again, later each time", async () => {
    isTaken = () => false;
    await decide();
    for (const [times, waitMs] of [
      [1, 1000],
      [2, 2000],
      [3, 4000],
    ] as const) {
      await called(times);
      await laterIsKept(times);
      await clock.tick(waitMs - 1);
      expect(calls).toHaveLength(times);
      if (times === 3) isTaken = () => true;
      await clock.tick(1);
    }
    await settled();
    expect(calls).toHaveLength(4);
  });

  test("is given up aloud after a day", async () => {
    isTaken = () => false;
    await decide();
    await laterIsKept(1);
    clock.jump(86_400_000);
    await clock.tick(1000);
    await settled();
    expect(warned.join()).toContain("given up");
    expect(await life.journal.store.find("audit", { where: { what: "approval.answer_given_up" } })).toHaveLength(1);
  });

  test("is owed over deaths: decided while the hub was gone, and as the call was under way", async () => {
    await end();
    await decide();
    await begin();
    life.dieAt("before", (write) => "table" in write && write.table === "kv");
    await called(1);
    await begin();
    await settled();
    expect(calls).toHaveLength(2);
  });
});

/** What was tried so often is written down, and the next try has its timer. */
async function laterIsKept(attempts: number): Promise<void> {
  await until(`try ${attempts} is written down`, async () => {
    const [row] = await life.journal.store.find("kv", { idPrefix: "approval-answer/" });
    return row !== undefined && (JSON.parse(row.value) as { attempts: number }).attempts === attempts;
  });
  await clock.settled();
}

describe("what may be called", () => {
  const listed = ["https://ci.example.internal/hooks", "http://127.0.0.1:9000"];
  test.each([
    ["https://ci.example.internal/hooks", true],
    ["https://ci.example.internal/hooks/a?b=c", true],
    ["https://ci.example.internal/hooksandmore", false],
    ["https://ci.example.internal/hooks/../admin", false],
    ["https://ci.example.internal/", false],
    ["http://ci.example.internal/hooks", false],
    ["https://ci.example.internal.evil.example/hooks", false],
    ["https://user:word@ci.example.internal/hooks", false],
    ["http://127.0.0.1:9000/any/thing", true],
    ["http://127.0.0.1:9001/", false],
    ["http://169.254.169.254/", false],
    ["rubbish", false],
  ])("%s: %s", (url, isListed) => expect(mayCall(url, listed)).toBe(isListed));
});
