/**
 * The life of requests against a model of it: whatever people, agents, the clock and dying processes do in whatever order, record, copies, audit
 * log and what the agent was told say the same, and that is what the model says.
 */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { ApprovalCard, PersonEvent } from "../../../src/contract/message.ts";
import { update } from "../../../src/contract/store.ts";
import type { Row } from "../../../src/contract/tables.ts";
import { createHubBench, type HubBench, message } from "../../support/hub-bench.ts";
import { addPerson } from "../../support/mortal-journal.ts";

const EXPIRY_MS = 600_000;
const QUORUM = 2;
const PEOPLE = ["ann", "bob", "cid", "dan"] as const;
type Name = (typeof PEOPLE)[number];
const ACTIONS = ["one", "two"] as const;
type Action = (typeof ACTIONS)[number];
type Verdict = "approve" | "deny";

interface Request {
  readonly action: Action;
  readonly expiresAt: number;
  state: "pending" | "approved" | "denied" | "expired";
  votes: Map<Name, Verdict>;
  /** How many times it was asked while it was pending. */
  asked: number;
}

/** What ought to be. */
interface Model {
  now: number;
  readonly requests: Request[];
  readonly mayVote: Set<Name>;
}

interface Real {
  readonly bench: HubBench;
  events: number;
}

class Ask implements fc.AsyncCommand<Model, Real> {
  readonly action: Action;
  constructor(action: Action) {
    this.action = action;
  }
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    const pending = model.requests.find(({ state, action }) => state === "pending" && action === this.action);
    if (pending) pending.asked += 1;
    else model.requests.push({ action: this.action, expiresAt: model.now + EXPIRY_MS, state: "pending", votes: new Map(), asked: 1 });
    const handle = { requestId: `r${(real.events += 1)}`, epoch: "1" };
    const ask = { title: this.action, action: { path: this.action }, tool: "delete" };
    await real.bench.agent.report("work", { type: "approval_request", ask, handle });
    await settle(model, real, 10);
  }
  toString = (): string => `ask(${this.action})`;
}

class Press implements fc.AsyncCommand<Model, Real> {
  readonly who: Name;
  readonly choice: Verdict | "withdraw";
  readonly which: number;
  constructor(who: Name, choice: Verdict | "withdraw", which: number) {
    this.who = who;
    this.choice = choice;
    this.which = which;
  }
  check = ({ requests }: Model): boolean => requests.length > 0;
  async run(model: Model, real: Real): Promise<void> {
    const at = this.which % model.requests.length;
    const request = model.requests[at];
    const row = (await rows(real))[at];
    if (!request || !row) throw new Error("there is no such request");
    if (request.state === "pending" && model.mayVote.has(this.who)) vote(model, request, { who: this.who, choice: this.choice });
    const event = {
      type: "action",
      subject: `approval:${row.id}`,
      choice: this.choice,
      sender: this.who,
      eventId: `p${(real.events += 1)}`,
    };
    await real.bench.chat.hear(message("", event as Partial<PersonEvent>));
    await settle(model, real, 10);
  }
  toString = (): string => `${this.who} ${this.choice} ${this.which}`;
}

function vote({ mayVote }: Model, request: Request, { who, choice }: { who: Name; choice: Verdict | "withdraw" }): void {
  if (choice === "withdraw") return void request.votes.delete(who);
  request.votes.set(who, choice);
  const count = (verdict: Verdict): number => [...request.votes].filter(([name, cast]) => cast === verdict && mayVote.has(name)).length;
  if (count("deny") >= QUORUM) request.state = "denied";
  else if (count("approve") >= QUORUM) request.state = "approved";
}

class Role implements fc.AsyncCommand<Model, Real> {
  readonly who: Name;
  readonly may: boolean;
  constructor(who: Name, may: boolean) {
    this.who = who;
    this.may = may;
  }
  check = (): boolean => true;
  async run(model: Model, { bench }: Real): Promise<void> {
    if (this.may) model.mayVote.add(this.who);
    else model.mayVote.delete(this.who);
    const { journal } = bench.life();
    const person = await journal.store.get("people", `per_${this.who}`);
    if (!person) throw new Error(`${this.who} is missing`);
    const roles = this.may ? (["operator", "approver"] as const) : (["operator"] as const);
    await journal.commit({ actorId: "t", scope: "hub", writes: [update("people", person, { roles })] });
  }
  toString = (): string => `${this.who} ${this.may ? "gets" : "loses"} the role`;
}

class Wait implements fc.AsyncCommand<Model, Real> {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = (): boolean => true;
  run = (model: Model, real: Real): Promise<void> => settle(model, real, this.ms);
  toString = (): string => `wait ${this.ms}`;
}

class Restart implements fc.AsyncCommand<Model, Real> {
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    await real.bench.restart();
    await settle(model, real, 10);
  }
  toString = (): string => "kill -9, start";
}

async function settle(model: Model, { bench }: Real, ms: number): Promise<void> {
  model.now += ms;
  await bench.clock.tick(ms);
  for (const request of model.requests) if (request.state === "pending" && request.expiresAt <= model.now) request.state = "expired";
}

function rows({ bench }: Real): Promise<Row<"approvals">[]> {
  return bench.life().journal.store.find("approvals", { limit: 1000 });
}

/** The hub's record, its copies, its log and the agent agree with the model. */
async function compare({ requests }: Model, real: Real): Promise<void> {
  const { bench } = real;
  const found = await rows(real);
  const plain = (state: string): string => (state === "consumed" ? "approved" : state);
  expect(found.map(({ state }) => plain(state))).toEqual(requests.map(({ state }) => state));
  const cards = new Map<string, ApprovalCard>();
  for (const { card } of bench.chat.calls) if (card?.type === "approval") cards.set(card.id, card);
  expect(found.map(({ id }) => plain(cards.get(id)?.state ?? "never shown"))).toEqual(requests.map(({ state }) => state));
  const log = await bench.life().journal.store.find("audit", { limit: 10_000 });
  const endings = ["approval.approved", "approval.denied", "approval.expired"];
  for (const [at, row] of found.entries()) {
    const written = log.filter(({ subject, what }) => subject === row.id && endings.includes(what)).map(({ what }) => what);
    expect(written).toEqual(requests[at]?.state === "pending" ? [] : [`approval.${requests[at]?.state}`]);
    const granted = requests[at]?.state === "approved";
    expect(log.filter(({ subject, what }) => subject === row.id && what === "approval.consumed")).toHaveLength(granted ? 1 : 0);
  }
  const approvals = bench.agent.answers.filter((answer) => answer.type === "approval" && answer.approved);
  const wanted = requests.filter(({ state }) => state === "approved").reduce((sum, { asked }) => sum + asked, 0);
  expect(new Set(approvals.map(({ handle }) => handle.requestId)).size).toBe(wanted);
}

test("any order of asking, voting, waiting, losing roles and dying ends as the model says", { timeout: 120_000 }, async () => {
  const name = fc.constantFrom(...PEOPLE);
  const press = fc
    .tuple(name, fc.constantFrom<Verdict | "withdraw">("approve", "approve", "deny", "withdraw"), fc.nat(2))
    .map((of) => new Press(...of));
  const commands = [
    fc.constantFrom(...ACTIONS).map((action) => new Ask(action)),
    ...Array.from({ length: 6 }, () => press),
    fc.tuple(name, fc.boolean()).map((of) => new Role(...of)),
    fc.constantFrom(1000, 60_000, EXPIRY_MS / 2, EXPIRY_MS).map((ms) => new Wait(ms)),
    fc.constant(new Restart()),
  ];
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: "max" }), async (run) => {
      const demands = { quorum: QUORUM, denyQuorum: QUORUM, expiryMs: EXPIRY_MS };
      const bench = await createHubBench({ can: { edit: true, ask: true }, approvals: { policies: [{ name: "two", when: {}, demands }] } });
      try {
        for (const who of PEOPLE.slice(1)) await addPerson(bench.life().journal, who, ["operator", "approver"]);
        await bench.say("work");
        const model: Model = { now: bench.clock.now(), requests: [], mayVote: new Set(PEOPLE) };
        const real: Real = { bench, events: 0 };
        await fc.asyncModelRun(() => ({ model, real }), run);
        await bench.clock.tick(5000);
        model.now += 5000;
        await settle(model, real, 0);
        for (const { state } of model.requests) ends.add(state);
        // Grants are signed beside the event loop, for which a busy machine may need longer than the clock waits.
        await vi.waitFor(() => bench.clock.settled().then(() => compare(model, real)), 2000);
      } finally {
        bench.life().die();
        await bench.file.dispose();
      }
    }),
    { numRuns: 40 },
  );
  // Else it would not have looked at all of it.
  expect([...ends].sort()).toEqual(["approved", "denied", "expired", "pending"]);
});
