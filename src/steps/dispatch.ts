/**
 * DISPATCH: one lane per session; control runs at once. The handler's unit of work and the end of the inbox row are one commit,
 * so a handler is never half done and never done twice; what an agent said is redacted before any handler sees it. Failure exit: a store that refuses is waited for in the lane, and control is not
 * acknowledged; of any other failure the person is told in a sentence, and the row stays `routed` for the next start.
 */
import { mirrored, originOf } from "../conversations/mirror.ts";
import { placesBeside } from "../conversations/places.ts";
import { asHubError, HubError } from "../contract/errors.ts";
import {
  type Announcement,
  type Effect,
  type FromOrchestrator,
  type FromPerson,
  type Handler,
  type HandlerEvent,
  type OutsideAsk,
  type Decision,
  type Submission,
  type UrlChecked,
  type View,
  type Work,
  endOfTurn,
  say,
} from "../contract/handler.ts";
import type { DeployOutcome } from "../contract/deploys.ts";
import type { Ack } from "../contract/message.ts";
import { insert, update } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { Clock } from "../clock.ts";
import type { Serial } from "../serial.ts";
import type { Journal } from "../store/journal.ts";
import { redactAck, redactEvent, redactReport } from "../redaction/agent-words.ts";
import { isStoreTrouble, untilStored } from "../store/until-stored.ts";
import { notShownWork } from "./not-shown.ts";
import type { Routed } from "./route.ts";
import { countLife } from "./set-aside.ts";

export interface Dispatch {
  /** Control is handled before it resolves, with the handler's own Ack; a message is only put into its lane. */
  fromPerson(routed: Routed): Promise<Ack>;
  /** The same for a row of a former life. */
  takeUp(routed: Routed): Promise<void>;
  /** An event of an orchestrator; the caller keeps the order within a session. */
  fromOrchestrator(from: FromOrchestrator): Promise<void>;
  /** A decision whose maker was proved elsewhere (PIN, signed-in page). */
  decide(decision: Decision): Promise<Ack>;
  /** A gated action asked about from outside any session; the id of its request. */
  ask(asked: OutsideAsk): Promise<string>;
  /** A deploy reported from outside any session. */
  announce(announcement: Announcement, actorId: string): Promise<DeployOutcome>;
  /** What somebody sent back from a canvas. Rejects with a HubError where it is not taken. */
  submit(submission: Submission): Promise<void>;
  /** What the address of a deploy answered. */
  checked(checked: UrlChecked): Promise<void>;
  /** Everything whose time has come, e.g. approvals that expire. Returns the next deadline. */
  due(): Promise<number | undefined>;
  /** Resolves when no lane is at work. */
  idle(): Promise<void>;
}

export interface DispatchParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly handlers: readonly Handler[];
  readonly view: () => View;
  /** Replaces registered secrets in what a person gives as a reason. */
  readonly hideSecrets: (text: string) => string;
  readonly lanes: Serial;
  /** Does what is no row, after the commit; must bear being asked twice. */
  readonly perform: (effect: Effect) => Promise<void>;
  readonly log: { error(facts: Record<string, unknown>, text: string): void };
}

/** How long the same event may come again. Those that a driver keeps come at the next start of the hub. */
const SAID_MS = 7 * 86_400_000;

export function createDispatch(parts: DispatchParts): Dispatch {
  const { journal, clock, handlers, view, hideSecrets, lanes, perform, log } = parts;

  async function fromPerson(routed: Routed): Promise<Ack> {
    const { row } = routed;
    const accepted: Ack = { type: "accepted", trace: row.trace };
    if (row.status !== "routed") return accepted;
    if (row.sessionKey === null) return redactAck((await handleOrTell(routed)) ?? accepted, view().settings.redact);
    inLane(routed, () => handleOrTell(routed));
    return accepted;
  }

  async function takeUp(routed: Routed): Promise<void> {
    if (routed.row.status !== "routed") return;
    const again = async () => void ((await countLife(journal, routed.row)) && (await handle(routed)));
    if (routed.row.sessionKey === null) await again().catch((thrown: unknown) => logFailure(routed.row.trace, thrown));
    else inLane(routed, again);
  }

  function inLane({ row }: Routed, work: () => Promise<unknown>): void {
    const untilDone = () => untilStored(work, parts);
    lanes.run(`inbox/${row.sessionKey}`, untilDone).catch((thrown: unknown) => logFailure(row.trace, thrown));
  }

  async function handleOrTell(routed: Routed): Promise<Ack | undefined> {
    const { row } = routed;
    try {
      return await handle(routed);
    } catch (thrown) {
      if (isStoreTrouble(thrown)) throw thrown;
      logFailure(row.trace, thrown);
      const { message, remedy } = new HubError("internal", { trace: row.trace });
      const text = `${message} ${remedy}`;
      if (row.event?.type !== "message") return { type: "privateText", text, trace: row.trace };
      const at = { address: row.address, trace: row.trace };
      const card = { type: "notice", level: "error", text } as const;
      const writes = [say({ ...at, text, urgency: "reply", card }).write, endOfTurn(at, "failed", text)];
      await journal.commit({ actorId: "hub", scope: scopeOf(row), writes });
      return undefined;
    }
  }

  function logFailure(trace: string, thrown: unknown): void {
    log.error({ trace, err: thrown }, "a message could not be handled; it stays in the journal");
  }

  async function handle({ row, person, session }: Routed): Promise<Ack | undefined> {
    const work = await journal.settle({ actorId: person.id, scope: scopeOf(row) }, async (): Promise<Work> => {
      const fresh = await journal.store.get("inbox", row.id);
      if (fresh?.status !== "routed" || !fresh.event) return { writes: [] };
      const done = update("inbox", fresh, { status: "done", times: { ...fresh.times, handled: clock.now() } });
      const { writes, ...rest } = await runPerson({ row: fresh, event: fresh.event, person, session });
      return { ...rest, writes: [...writes, done] };
    });
    await performAll(work, row.trace);
    return work.ack;
  }

  async function runPerson(from: FromPerson): Promise<Work> {
    const handler = handlers.find((candidate) => candidate.name === from.row.handler);
    const method = handler?.person?.[from.event.type] as ((from: FromPerson, view: View) => Promise<Work>) | undefined;
    return method ? method(from, view()) : { writes: [] };
  }

  /** Rejects when it could not be handled; by then the person and the asker have been told. */
  async function fromOrchestrator(said: FromOrchestrator): Promise<void> {
    const by = { actorId: said.session.orchestrator, scope: `session/${said.session.id}` };
    // It has happened, and the agent does not say it again.
    const settle = (work: () => Promise<Work>) => untilStored(() => journal.settle(by, work), parts);
    try {
      await performAll(await settle(() => runOnce(said)), said.trace);
    } catch (thrown) {
      log.error({ trace: said.trace, event: said.event.type, err: thrown }, "what an agent reported could not be handled");
      await performAll(await settle(() => notShownWork(said, thrown, view())), said.trace);
      throw thrown;
    }
  }

  /** What has an id of its own is remembered with what came of it, in one commit. */
  async function runOnce(said: FromOrchestrator): Promise<Work> {
    if (said.eventId === undefined) return runOrchestrator(said);
    const id = `said/${said.eventId}`;
    if (await journal.store.get("kv", id)) return { writes: [] };
    const { writes, ...rest } = await runOrchestrator(said);
    return { ...rest, writes: [...writes, insert("kv", id, { value: "1", expiresAt: clock.now() + SAID_MS })] };
  }

  async function runOrchestrator(said: FromOrchestrator): Promise<Work> {
    const from = { ...said, event: redactEvent(said.event, view().settings.redact) };
    const methods = handlers.map((handler) => handler.orchestrator?.[from.event.type]).filter((method) => method !== undefined);
    const method = methods[0] as ((from: FromOrchestrator<HandlerEvent>, view: View) => Promise<Work>) | undefined;
    if (!method) throw new HubError("internal", { trace: from.trace }, { cause: new Error(`no handler for ${from.event.type}`) });
    const others = await placesBeside(journal.store, said.session.id, originOf(said));
    return mirrored(from, await method(from, view()), others);
  }

  async function decide(given: Decision): Promise<Ack> {
    const decision = { ...given, reason: given.reason && hideSecrets(given.reason) };
    const method = handlers.find((handler) => handler.decision)?.decision;
    if (!method) throw new HubError("internal", { trace: "none" });
    const work = await journal.settle({ actorId: decision.person.id, scope: "hub" }, () => method(decision, view()));
    await performAll(work, decision.approvalId);
    return redactAck(work.ack ?? { type: "accepted", trace: decision.approvalId }, view().settings.redact);
  }

  async function ask(asked: OutsideAsk): Promise<string> {
    const { redact } = view().settings;
    const words = { ...asked.ask, title: redact(asked.ask.title), reason: asked.ask.reason && redact(asked.ask.reason) };
    const method = handlers.find((handler) => handler.outsideAsk)?.outsideAsk;
    if (!method) throw new HubError("internal", { trace: asked.trace });
    const by = { actorId: asked.requesterId, scope: "hub" };
    const work = await journal.settle(by, () => method({ ...asked, ask: words }, view()));
    await performAll(work, asked.trace);
    return work.approvalId;
  }

  async function announce({ report, ...rest }: Announcement, actorId: string): Promise<DeployOutcome> {
    const announcement = { ...rest, report: redactReport(report, view().settings.redact) };
    const method = handlers.find((handler) => handler.announcement)?.announcement;
    if (!method) throw new HubError("internal", { trace: announcement.trace });
    const work = await journal.settle({ actorId, scope: "hub" }, () => method(announcement, view()));
    await performAll(work, announcement.trace);
    return work.outcome;
  }

  async function submit(given: Submission): Promise<void> {
    const values = Object.fromEntries(Object.entries(given.values).map(([name, text]) => [name, hideSecrets(text)]));
    const method = handlers.find((handler) => handler.submission)?.submission;
    if (!method) throw new HubError("internal", { trace: given.id });
    const by = { actorId: given.person.id, scope: "hub" };
    await performAll(await journal.settle(by, () => method({ ...given, values }, view())), given.id);
  }

  async function checked(seen: UrlChecked): Promise<void> {
    const method = handlers.find((handler) => handler.checked)?.checked;
    if (!method) throw new HubError("internal", { trace: seen.deployId });
    await performAll(await journal.settle({ actorId: "hub", scope: "hub" }, () => method(seen, view())), seen.deployId);
  }

  async function due(): Promise<number | undefined> {
    const deadlines: number[] = [];
    for (const handler of handlers) {
      if (!handler.due) continue;
      for (let work = await settleDue(handler); work; work = await settleDue(handler)) await performAll(work, handler.name);
      const next = await handler.nextDue?.(view());
      if (next !== undefined) deadlines.push(next);
    }
    return deadlines.length > 0 ? Math.min(...deadlines) : undefined;
  }

  async function settleDue(handler: Handler): Promise<Work | undefined> {
    let found = false;
    const work = await journal.settle({ actorId: "hub", scope: "hub" }, async (): Promise<Work> => {
      const due = await handler.due?.(view());
      found = due !== undefined;
      return due ?? { writes: [] };
    });
    return found ? work : undefined;
  }

  async function performAll(work: Work, trace: string): Promise<void> {
    for (const effect of work.effects ?? []) {
      try {
        await perform(effect);
      } catch (thrown) {
        log.error({ trace, effect: effect.type, err: asHubError(thrown, trace) }, "an effect failed; it is tried again at the next start");
      }
    }
  }

  return { fromPerson, takeUp, fromOrchestrator, decide, ask, announce, submit, checked, due, idle: () => lanes.idle() };
}

function scopeOf(row: Row<"inbox">): string {
  return row.sessionKey === null ? `account/${row.account}` : `session/${row.sessionKey}`;
}
