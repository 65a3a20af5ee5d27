/**
 * A hub on a bench, with services that carry out what is approved for its deploys: what they are posted, and how they answer. `useServices` begins one
 * for each test.
 */
import { Keyv } from "keyv";
import { afterEach, beforeEach } from "vitest";
import { createGrants } from "../../src/approvals/grants.ts";
import type { DeployCard } from "../../src/contract/message.ts";
import { deployReport, type DeployNews } from "../../src/contract/orchestrator.ts";
import { keepHandingOver } from "../../src/deploys/hand-over.ts";
import { createSeal } from "../../src/store/seal.ts";
import type { CallResult } from "../../src/web/call.ts";
import { createHubBench, type BenchOptions, type HubBench, SETTINGS } from "./hub-bench.ts";
import { until } from "./hub-process.ts";

export const MINUTE = 60_000;
export const ISSUER = "mos-hub:test";
export const CARRIERS = [
  { app: "shop*", environment: "production", url: "https://ci.example.internal/hooks/rollback", secret: "s1" },
  { app: "*", environment: "production", url: "https://other.example.internal/", secret: "s2" },
];
export const OK: CallResult = { status: 202, body: undefined };

interface Posted {
  readonly url: string;
  readonly id: string;
  readonly value: Record<string, unknown> & {
    readonly action: Readonly<Record<string, unknown>>;
    readonly approval: { code: string; digest: string };
    readonly grant: string;
  };
}

export let bench: HubBench;
export let grants: ReturnType<typeof createGrants>;
export let posted: Posted[];
let answer: () => CallResult | Promise<CallResult>;
export let stop: () => Promise<void>;
let carriers: typeof CARRIERS;

export async function begin(options: BenchOptions = {}): Promise<void> {
  const { deploys } = options.settings ?? {};
  const home = { account: "chat", chat: "home" };
  bench = await createHubBench({
    can: { edit: true, ask: true },
    homes: [home],
    ...options,
    settings: { ...options.settings, deploys: { carriers, ...deploys } },
  });
  grants = createGrants({
    state: new Keyv(),
    seal: createSeal(Buffer.alloc(32, 1)),
    issuer: ISSUER,
    longestMs: 600_000,
    now: bench.clock.now,
  });
  keep();
}

/** The present life hands over. */
export function keep(): void {
  const { journal } = bench.life();
  const post = async ({ url }: { url: string }, id: string, value: unknown) => {
    posted.push({ url, id, value: value as Posted["value"] });
    return answer();
  };
  const rules = { ...SETTINGS.deploys, carriers };
  const log = { warn: () => {}, error: (facts: object) => void bench.logged.push(JSON.stringify(facts)) };
  stop = keepHandingOver({ journal, clock: bench.clock, grants, carriers, rules, post, close: () => {}, log });
}

export async function restart(): Promise<void> {
  await bench.restart();
  keep();
}

/** How services answer from now on. Default: they take it. */
export function answerWith(next: typeof answer): void {
  answer = next;
}

/** Whom the next life's configuration names. Default: `CARRIERS`. */
export function nameCarriers(next: typeof CARRIERS): void {
  carriers = next;
}

export function useServices(): void {
  beforeEach(async () => {
    posted = [];
    answer = () => OK;
    carriers = CARRIERS;
    await begin();
  });
  afterEach(async () => {
    bench.life().die();
    void stop();
    await bench.file.dispose();
  });
}

export async function report(told: Partial<DeployNews>): Promise<void> {
  const parsed = deployReport.parse({ app: "shop", state: "live", ...told });
  await bench.life().hub.announce({ report: parsed, trace: "trc_test" }, "test");
  await bench.clock.settled();
}

/** Two were live, the second is: no conversation asked for either. */
export async function twoLive(more: Partial<DeployNews> = {}): Promise<void> {
  for (const id of ["1", "2"]) await report({ deploy_id: id, revision: { sha: `sha-${id}` }, ...more });
}

/** The same two, by the agent of a conversation that asked for them. */
export async function twoLiveByAgent(): Promise<void> {
  await bench.say("ship it");
  for (const id of ["1", "2"]) {
    const parsed = deployReport.parse({ app: "shop", deploy_id: id, state: "live", revision: { sha: `sha-${id}` } });
    await bench.agent.report("ship it", { type: "deploy", report: parsed });
  }
  await bench.clock.settled();
}

export const cards = (): DeployCard[] => bench.chat.calls.flatMap(({ card }) => (card?.type === "deploy" ? [card] : []));
export const cardOf = (sha: string) => cards().findLast(({ revision }) => revision?.sha === sha);
export const notes = () => cardOf("sha-2")?.notes?.join(" ") ?? "";
export const said = () => bench.chat.calls.filter(({ card }) => card?.type === "notice").map(({ text }) => text);
export const wishOf = async (id: string) =>
  (await bench.life().journal.store.find("deploys")).find((row) => row.report.deploy_id === id)?.wish;
export const pending = async () => (await bench.life().journal.store.find("approvals", { where: { state: "pending" } }))[0];
export const isHanded = (times: number) => until(`it was handed over ${times} times`, () => posted.length === times);
export const cardSays = (words: string) => until(`the card says "${words}"`, () => notes().includes(words));

export async function ask(words = "!rollback shop"): Promise<string> {
  await bench.say(words, "anywhere");
  return (await pending())?.code ?? "";
}
export async function approve(words?: string): Promise<string> {
  const code = await ask(words);
  await bench.say(`approve ${code}`, "anywhere");
  return code;
}
/** Signing is work for the machine, which no clock of ours moves: until nothing is owed or something is tried again. */
export async function isSettled(): Promise<void> {
  const owed = () => bench.life().journal.store.find("kv", { idPrefix: "deploy/hand-over/" });
  await until("nothing is owed", async () => (await owed()).length === 0);
  await bench.clock.settled();
}
export async function tries(times: number): Promise<void> {
  const attempts = async () => {
    const [row] = await bench.life().journal.store.find("kv", { idPrefix: "deploy/hand-over/" });
    return row ? (JSON.parse(row.value) as { attempts: number }).attempts : times;
  };
  await until(`it was tried ${times} times`, async () => (await attempts()) >= times);
}
