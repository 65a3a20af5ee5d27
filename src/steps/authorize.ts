/**
 * AUTHORIZE: who may speak or bring a decision. Default deny: a room's members are nobody until the configuration or a pairing names them.
 * Whether this decision is theirs to make is asked at decision time, of the live roles and the request's own policy.
 * Failure exit: the row is closed as refused and the sender is told privately why; a stranger may be told a code, which no row keeps.
 */
import type { Clock } from "../clock.ts";
import { isDecision, isPairing } from "../commands.ts";
import { sentenceOf } from "../contract/errors.ts";
import type { PersonEvent } from "../contract/message.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { mayDecide, mayManage, mayTalk } from "../people/roles.ts";
import { greet } from "../people/strangers.ts";
import { createSerial } from "../serial.ts";
import type { Journal } from "../store/journal.ts";
import type { Recorded } from "./record.ts";

export type Authorized =
  | { readonly allowed: true; readonly row: Row<"inbox">; readonly person: Row<"people"> }
  | { readonly allowed: false; readonly privateText: string };

export type Authorize = (recorded: Recorded) => Promise<Authorized>;

export interface AuthorizeParts {
  readonly journal: Journal;
  readonly clock: Pick<Clock, "now">;
  /** How long a stranger's code can be accepted. */
  readonly pairingExpiryMs: number;
}

export function createAuthorize({ journal, clock, pairingExpiryMs: expiryMs }: AuthorizeParts): Authorize {
  const oneByOne = createSerial();

  return async function authorize({ row, person, direct = false, strangerName: name }) {
    if (person && row.event && may(person, row.event)) return { allowed: true, row, person };
    if (!person && direct) return { allowed: false, privateText: await oneByOne.run(row.account, () => greetStranger(row, name)) };
    const privateText = person ? sentenceOf("not_allowed", { reason: REASON }) : "";
    await refuse(row, privateText);
    return { allowed: false, privateText };
  };

  /** One after the other, since so many may wait for an admin and no more. */
  async function greetStranger(row: Row<"inbox">, name?: string): Promise<string> {
    const { text, writes } = await greet(journal.store, { ...row, name }, { now: clock.now(), expiryMs });
    return (await refuse(row, "", writes)) ? text : "";
  }

  async function refuse(row: Row<"inbox">, refusal: string, also: readonly Write[] = []): Promise<boolean> {
    const refused = update("inbox", row, { status: "refused", refusal, event: null });
    return journal.commit({ actorId: "hub", scope: `account/${row.account}`, writes: [refused, ...also] });
  }
}

const REASON = "talking here needs the role operator";

function may(person: Row<"people">, event: PersonEvent): boolean {
  return mayTalk(person) || (isDecision(event) && mayDecide(person, ["approver"])) || (isPairing(event) && mayManage(person));
}
