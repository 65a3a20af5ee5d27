/**
 * Passes messages into the turn that runs, where the driver can. The intent is on disk before the agent sees the message; then it is a part of
 * the running turn and ends with it. What cannot be passed on waits like every other message, and the thread is told so.
 */
import type { Clock } from "../clock.ts";
import { endOfTurn, say } from "../contract/handler.ts";
import type { SessionKey } from "../contract/ids.ts";
import type { DeliverOutcome, OrchestratorDriver } from "../contract/orchestrator.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { mayTalk } from "../people/roles.ts";
import type { Journal } from "../store/journal.ts";
import { untilStored } from "../store/until-stored.ts";
import { NOT_CONFIRMED } from "./marks.ts";
import { messagesOf } from "./messages.ts";
import { promptFor } from "./prompt.ts";

export interface SteerParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly driverOf: (orchestrator: string) => OrchestratorDriver;
  readonly aliasOf: (orchestrator: string) => string;
  readonly log: { error(facts: Record<string, unknown>, text: string): void };
}

export interface Steer {
  /** Passes what waits for it into the running turn `lead`. Cheap when there is nothing; never throws. */
  into(sessionKey: SessionKey, lead: string): void;
  /** Resolves when nothing of this session is just being passed on. */
  idle(sessionKey: SessionKey): Promise<void>;
}

/** It waits like every other. */
const BACK = { state: "queued", steers: false } as const;
const LIVE: readonly string[] = ["queued", "prompting", "running"];

export function createSteer({ journal, clock, driverOf, aliasOf, log }: SteerParts): Steer {
  const underWay = new Map<SessionKey, Promise<void>>();

  function into(sessionKey: SessionKey, lead: string): void {
    if (underWay.has(sessionKey)) return;
    const work = passAll(sessionKey, lead)
      .catch((thrown: unknown) => log.error({ session: sessionKey, err: thrown }, "a message could not be passed into the running turn"))
      .finally(() => underWay.delete(sessionKey));
    underWay.set(sessionKey, work);
  }

  async function passAll(sessionKey: SessionKey, lead: string): Promise<void> {
    for (;;) {
      const queued = await journal.store.find("turns", { where: { sessionKey, state: "queued" } });
      const next = queued.find(({ steers }) => steers);
      if (!next) return;
      await pass(next, lead);
    }
  }

  async function pass(turn: Row<"turns">, lead: string): Promise<void> {
    const driver = driverOf(turn.orchestrator);
    if (!driver.steer) return settle(turn.id, (fresh) => [update("turns", fresh, { steers: false }), waits(fresh)]);
    await settle(turn.id, (fresh) => [
      update("turns", fresh, { state: "prompting", attempt: fresh.attempt + 1, times: { ...fresh.times, prompting: clock.now() } }),
    ]);
    const intended = await journal.store.get("turns", turn.id);
    if (intended?.state !== "prompting") return;
    const person = await journal.store.get("people", turn.personId);
    // The lane drops it, and says so.
    if (person && !mayTalk(person)) return settle(turn.id, (fresh) => [update("turns", fresh, { ...BACK, attempt: fresh.attempt - 1 })]);
    const outcome = await driver.steer(promptFor(intended, person));
    await settle(turn.id, async (fresh) => afterSteer(fresh, outcome, await journal.store.get("turns", lead)));
  }

  function afterSteer(turn: Row<"turns">, { outcome }: DeliverOutcome, lead: Row<"turns"> | undefined): Write[] {
    switch (outcome) {
      case "accepted":
      case "queued":
      case "pasted":
        return [
          update("turns", turn, { state: "done", reason: "passed into the running turn", times: { ...turn.times, accepted: clock.now() } }),
          ...(lead && LIVE.includes(lead.state)
            ? [update("turns", lead, { joined: [...(lead.joined ?? []), ...messagesOf(turn)] })]
            : messagesOf(turn).map((message) => endOfTurn(message, "done"))),
          tell(turn, `Passed on to ${aliasOf(turn.orchestrator)} while it works.`),
        ];
      case "rejected":
      case "unavailable":
        return [update("turns", turn, { ...BACK, attempt: turn.attempt - 1 }), waits(turn)];
      case "unknown":
        return [update("turns", turn, { ...BACK, mark: NOT_CONFIRMED }), waits(turn)];
      default:
        return outcome satisfies never;
    }
  }

  function waits(turn: Row<"turns">): Write {
    return tell(turn, `Queued: ${aliasOf(turn.orchestrator)} cannot take a message in while it works; this one comes after.`);
  }

  function tell({ address, trace }: Row<"turns">, text: string): Write {
    return say({ address, trace, text, urgency: "progress" }).write;
  }

  async function settle(turnId: string, writes: (fresh: Row<"turns">) => Write[] | Promise<Write[]>): Promise<void> {
    const build = async () => {
      const fresh = await journal.store.get("turns", turnId);
      return { writes: fresh && LIVE.includes(fresh.state) ? await writes(fresh) : [] };
    };
    await untilStored(() => journal.settle({ actorId: "hub", scope: "hub" }, build), { clock, log });
  }

  return { into, idle: async (sessionKey) => underWay.get(sessionKey) };
}
