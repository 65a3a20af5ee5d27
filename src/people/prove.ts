/** Proves a person by PIN. The count of wrong tries is on disk before the answer is given, so that tries made at once all count. */
import { HubError } from "../contract/errors.ts";
import type { Work } from "../contract/handler.ts";
import { audit, update } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";
import { LOCAL_PERSON_ID } from "./directory.ts";
import { hashPin, pinAttempt, pinProblem, type PinAttempt, verifyPin } from "./pin.ts";

interface Desk {
  readonly journal: Journal;
  /** Epoch ms. */
  readonly now: number;
}

/** The person, proved. Throws `pin_wrong`, `pin_locked`, or `not_found` when no PIN was ever set. Default: the local operator. */
export async function provePin(desk: Desk, pin: string, personId = LOCAL_PERSON_ID): Promise<Row<"people">> {
  const person = await personOf(desk, personId);
  if (person.pinHash === null)
    throw new HubError("not_found", {
      what: "PIN",
      id: "yet; set one on a terminal with: mos-hub people pin, or start the hub once with MOS_HUB_PIN",
    });
  const attempt = await count(desk, person.id, await verifyPin(pin, person.pinHash));
  if (attempt.verdict === "right") return person;
  if (attempt.lockedForMs > 0) throw new HubError("pin_locked", { minutes: Math.ceil(attempt.lockedForMs / 60_000) });
  throw new HubError("pin_wrong", { left: attempt.left });
}

/** Sets the local operator's PIN. One that is set is only changed by who knows it. */
export async function setPin(desk: Desk, pin: string, current: string | undefined): Promise<void> {
  const problem = pinProblem(pin);
  if (problem) throw new HubError("bad_request", { problems: `the PIN ${problem}` });
  const person = await personOf(desk, LOCAL_PERSON_ID);
  if (person.pinHash !== null) {
    if (current === undefined) throw new HubError("not_allowed", { reason: "changing the PIN needs the present one" });
    await provePin(desk, current);
  }
  const pinHash = await hashPin(pin);
  await desk.journal.settle({ actorId: person.id, scope: "hub" }, async () => {
    const fresh = await personOf(desk, person.id);
    return { writes: [update("people", fresh, { pinHash, pinFailures: 0, pinLockedUntil: 0 }), audit("person.pin_set", fresh.id, {})] };
  });
}

async function count(desk: Desk, personId: string, isRight: boolean): Promise<PinAttempt> {
  let attempt: PinAttempt | undefined;
  await desk.journal.settle({ actorId: personId, scope: "hub" }, async (): Promise<Work> => {
    const person = await personOf(desk, personId);
    attempt = pinAttempt(person, isRight, desk.now);
    const tried = attempt.verdict === "wrong" ? [audit("person.pin_wrong", person.id, { left: attempt.left })] : [];
    return { writes: Object.keys(attempt.set).length === 0 ? tried : [update("people", person, attempt.set), ...tried] };
  });
  if (!attempt) throw new HubError("internal", { trace: "none" });
  return attempt;
}

async function personOf({ journal }: Desk, id: string): Promise<Row<"people">> {
  const person = await journal.store.get("people", id);
  if (!person) throw new HubError("not_found", { what: "person", id });
  return person;
}
