/**
 * The lane of a session on the orchestrator's side: one turn at a time, its intent on disk before the agent sees it, its end on disk
 * before the next begins. Knows drivers only through their contract.
 */
import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import { asHubError } from "../contract/errors.ts";
import { type HandlerEvent, say } from "../contract/handler.ts";
import type { SessionKey } from "../contract/ids.ts";
import type { DeliverOutcome, OrchestratorDriver, TurnOutcome } from "../contract/orchestrator.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row, TurnFields } from "../contract/tables.ts";
import { droppedWords } from "../people/change.ts";
import { mayTalk } from "../people/roles.ts";
import type { Journal } from "../store/journal.ts";
import { untilStored } from "../store/until-stored.ts";
import { completeDraft } from "./draft.ts";
import { AFTER_AGENT_CRASH, AFTER_HUB_RESTART, CUT_OFF, gaveUp, toldAgain } from "./marks.ts";
import { promptFor } from "./prompt.ts";
import { createSteer } from "./steer.ts";
import type { Typing } from "./typing.ts";

export interface TurnsParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly driverOf: (orchestrator: string) => OrchestratorDriver;
  readonly aliasOf: (orchestrator: string) => string;
  /** Runs the handler of an event, in the order of the session. */
  readonly handle: (session: Row<"sessions">, turn: Row<"turns"> | undefined, event: HandlerEvent) => Promise<void>;
  readonly typing: Typing;
  readonly log: { info(facts: Record<string, unknown>, text: string): void; error(facts: Record<string, unknown>, text: string): void };
}

export interface End {
  readonly outcome: TurnOutcome;
  readonly reason?: string | undefined;
}

export interface Turns {
  /** Starts what can start. Cheap; called after every change of the turns. */
  wake(): void;
  /** The id of the turn this session works on in this life of the hub. */
  current(session: string): string | undefined;
  /** The driver reported the end of a turn. Late and repeated reports are ignored. */
  ended(turnId: string, end: End): void;
  /** Begins no further turn, and forgets those under way: the journal has them, and the next start delivers them again with a mark. */
  stop(): Promise<void>;
}

const LIVE = ["queued", "prompting", "running"] as const;
/** Once, and once more after a crash. A message that stops the agent twice would stop it for ever. */
const MOST_ATTEMPTS = 2;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

interface Working {
  readonly turnId: string;
  /** The agent has it. */
  isAccepted: boolean;
  readonly end: (end: End) => void;
}

export function createTurns(parts: TurnsParts): Turns {
  const { journal, clock, driverOf, aliasOf, handle, typing, log } = parts;
  const lanes = new Set<SessionKey>();
  const working = new Map<string, Working>();
  const retries = new Map<SessionKey, number>();
  const pausedUntil = new Map<SessionKey, number>();
  const steer = createSteer(parts);
  const alarm = createAlarm(clock, look, log);
  const startedAt = clock.now();
  let stopped = false;

  /** Starts every lane that has something to do; the time at which the next paused one goes on. */
  async function look(): Promise<number | undefined> {
    let next: number | undefined;
    for (const { sessionKey } of await journal.store.find("turns", {
      where: { state: { in: LIVE } },
      firstPer: "sessionKey",
      limit: Infinity,
    })) {
      const lead = working.get(sessionKey);
      if (lead?.isAccepted && !stopped) steer.into(sessionKey, lead.turnId);
      if (stopped || lanes.has(sessionKey)) continue;
      const until = pausedUntil.get(sessionKey) ?? 0;
      if (until > clock.now()) next = Math.min(until, next ?? until);
      else start(sessionKey);
    }
    return next;
  }

  function start(sessionKey: SessionKey): void {
    lanes.add(sessionKey);
    pausedUntil.delete(sessionKey);
    void runLane(sessionKey)
      .catch((thrown: unknown) => {
        log.error({ session: sessionKey, err: asHubError(thrown) }, "a lane stopped; it is taken up again");
        pausedUntil.set(sessionKey, clock.now() + FIRST_RETRY_MS);
      })
      .finally(() => {
        lanes.delete(sessionKey);
        // A turn that came while the lane was ending found it busy.
        alarm.wake();
      });
  }

  async function runLane(sessionKey: SessionKey): Promise<void> {
    for (;;) {
      await steer.idle(sessionKey);
      const [turn] = await journal.store.find("turns", { where: { sessionKey, state: { in: LIVE } }, limit: 1 });
      const session = await journal.store.get("sessions", sessionKey);
      if (stopped || !turn) return;
      if (!session) await mark(turn, { state: "failed", reason: "its session is gone" });
      else if (turn.stopping) await finish(session, turn, { outcome: "stopped" });
      else if (turn.state !== "queued") {
        if (!(await takeUp(session, turn))) return;
      } else if (turn.attempt >= MOST_ATTEMPTS)
        await finish(session, turn, { outcome: "failed", reason: gaveUp(aliasOf(session.orchestrator), turn.mark) });
      else if (!(await runTurn(session, turn))) return;
    }
  }

  /** A turn of a former life of the hub: its end is waited for where the agent still has it. False: the hub stops, or the lane pauses. */
  async function takeUp(session: Row<"sessions">, turn: Row<"turns">): Promise<boolean> {
    let driver: OrchestratorDriver;
    try {
      driver = driverOf(session.orchestrator);
    } catch (thrown) {
      return unavailable(session, turn, asHubError(thrown, turn.trace));
    }
    const ended = new Promise<End>((end) => working.set(session.id, { turnId: turn.id, isAccepted: false, end }));
    const quiet = typing(turn);
    try {
      const isHeld = await driver.holds?.(turn.id, session.id);
      if (isHeld === true) return await afterDeliver(session, turn, { outcome: { outcome: "accepted" }, ended });
    } finally {
      quiet();
      working.delete(session.id);
    }
    await again(turn, AFTER_HUB_RESTART);
    return true;
  }

  /** False: the lane pauses, the turn still waits. */
  async function runTurn(session: Row<"sessions">, turn: Row<"turns">): Promise<boolean> {
    let driver: OrchestratorDriver;
    try {
      driver = driverOf(session.orchestrator);
      await open(driver, session);
    } catch (thrown) {
      return unavailable(session, turn, asHubError(thrown, turn.trace));
    }
    const ended = new Promise<End>((end) => working.set(session.id, { turnId: turn.id, isAccepted: false, end }));
    const quiet = typing(turn);
    try {
      const started = await mark(turn, { state: "prompting", attempt: turn.attempt + 1 }, "prompting");
      if (!started || stopped) return !stopped;
      const person = await journal.store.get("people", started.personId);
      if (person && !mayTalk(person)) {
        await finish(session, started, { outcome: "rejected", reason: droppedWords(person.name) });
        return true;
      }
      const outcome = await driver.deliver(promptFor(started, person));
      return await afterDeliver(session, started, { outcome, ended });
    } finally {
      quiet();
      working.delete(session.id);
    }
  }

  async function afterDeliver(
    session: Row<"sessions">,
    turn: Row<"turns">,
    { outcome, ended }: { outcome: DeliverOutcome; ended: Promise<End> },
  ): Promise<boolean> {
    switch (outcome.outcome) {
      case "unavailable":
        await mark(turn, { state: "queued", attempt: turn.attempt - 1 });
        return unavailable(session, turn, { sentence: outcome.reason, waits: true });
      case "rejected":
        await finish(session, turn, { outcome: "rejected", reason: outcome.reason });
        return true;
      case "unknown":
        await again(turn, AFTER_AGENT_CRASH);
        return true;
      case "accepted":
      case "queued":
      case "pasted": {
        retries.delete(session.id);
        const work = working.get(session.id);
        if (work) work.isAccepted = true;
        await mark(turn, { state: "running" }, "accepted");
        const end = await ended;
        if (stopped) return false;
        if (end.outcome === "lost") await again(turn, AFTER_AGENT_CRASH);
        else await finish(session, turn, end);
        return true;
      }
      default:
        return outcome satisfies never;
    }
  }

  async function open(driver: OrchestratorDriver, session: Row<"sessions">): Promise<void> {
    const { agentSessionId, how } = await driver.open({
      session: session.id,
      agentSessionId: session.agentSessionId ?? undefined,
      tenantId: session.tenantId,
      wishes: session.wishes,
    });
    if (agentSessionId !== undefined && agentSessionId !== session.agentSessionId) {
      await settle(session, async () => {
        const fresh = await journal.store.get("sessions", session.id);
        return fresh ? [update("sessions", fresh, { agentSessionId })] : [];
      });
    }
    if (how === "lost_and_new") await handle(session, undefined, { type: "lifecycle", phase: "session_lost" });
  }

  /** The agent certainly has not got the turn: it waits, the thread is told once, and the lane tries again later. */
  async function unavailable(session: Row<"sessions">, turn: Row<"turns">, why: Unavailable): Promise<boolean> {
    if (!("waits" in why) && why.verdict === "drop") {
      await finish(session, turn, { outcome: "failed", reason: `${why.message} ${why.remedy}` });
      return true;
    }
    const failures = retries.get(session.id) ?? 0;
    retries.set(session.id, failures + 1);
    if (failures === 0)
      await handle(session, turn, {
        type: "notice",
        level: "warning",
        text: `${"waits" in why ? why.sentence : `${why.message} ${why.remedy}`} Your message waits and is delivered as soon as that works.`,
      });
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
    pausedUntil.set(session.id, clock.now() + waitMs);
    return false;
  }

  async function finish(session: Row<"sessions">, turn: Row<"turns">, end: End): Promise<void> {
    await handle(session, turn, { type: "turn_end", turnId: turn.id, ...end });
  }

  /** Puts a turn that may have reached the agent back in front of the lane, with its mark, and says so in the thread. */
  async function again(turn: Row<"turns">, reason: string): Promise<void> {
    const session = await journal.store.get("sessions", turn.sessionKey);
    await settle(turn, async () => {
      const fresh = await journal.store.get("turns", turn.id);
      if (!fresh || !isLive(fresh)) return [];
      const queued = [update("turns", fresh, { state: "queued", mark: reason, draft: undefined }), ...(await cutOff(fresh))];
      if (fresh.attempt >= MOST_ATTEMPTS || fresh.stopping) return queued;
      const text = toldAgain(aliasOf(session?.orchestrator ?? turn.orchestrator), reason);
      const card = { type: "notice", level: "warning", text } as const;
      return [...queued, say({ address: fresh.address, trace: fresh.trace, text, urgency: "notice", card }).write];
    });
  }

  /** What was shown of an answer that will never be complete says so. */
  async function cutOff({ draft: id, address, trace }: Row<"turns">): Promise<Write[]> {
    const draft = id === undefined ? undefined : await journal.store.get("outbox", id);
    if (draft?.op.type !== "send") return [];
    return [completeDraft(draft, { address, trace, text: `${draft.op.message.text}\n\n${CUT_OFF}`, urgency: "notice" })];
  }

  async function mark(turn: Row<"turns">, set: Partial<TurnFields>, time?: keyof TurnFields["times"]): Promise<Row<"turns"> | undefined> {
    await settle(turn, async () => {
      const fresh = await journal.store.get("turns", turn.id);
      if (!fresh || !isLive(fresh)) return [];
      return [update("turns", fresh, { ...set, times: time ? { ...fresh.times, [time]: clock.now() } : fresh.times })];
    });
    const now = await journal.store.get("turns", turn.id);
    return now && isLive(now) ? now : undefined;
  }

  async function settle(row: Row<"turns"> | Row<"sessions">, writes: () => Promise<Write[]>): Promise<void> {
    const session = "sessionKey" in row ? row.sessionKey : row.id;
    const by = { actorId: "hub", scope: `session/${session}` };
    await untilStored(() => journal.settle(by, async () => ({ writes: await writes() })), { clock, log });
  }

  return {
    wake: alarm.wake,
    current: (session) => working.get(session)?.turnId,
    ended(turnId, end) {
      for (const [, work] of working) if (work.turnId === turnId) work.end(end);
    },
    async stop() {
      stopped = true;
      for (const [, work] of working) work.end({ outcome: "lost" });
      await alarm.stop();
      log.info({ upMs: clock.now() - startedAt }, "lanes stopped");
    },
  };
}

type Unavailable = (Error & { readonly verdict: string; readonly remedy: string }) | { readonly sentence: string; readonly waits: true };

function isLive(turn: Row<"turns">): boolean {
  return (LIVE as readonly string[]).includes(turn.state);
}
