/**
 * AUTHORIZE: who may speak or bring a decision. Default deny: a room's members are nobody until the configuration or a pairing names them.
 * Whether this decision is theirs to make is asked at decision time, of the live roles and the request's own policy.
 * Failure exit: the row is closed as refused and the sender is told privately why.
 */
import { isDecision } from "../commands.ts";
import { sentenceOf } from "../contract/errors.ts";
import type { PersonEvent } from "../contract/message.ts";
import { update } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { mayDecide, mayTalk } from "../people/roles.ts";
import type { Journal } from "../store/journal.ts";
import type { Recorded } from "./record.ts";

export type Authorized =
  | { readonly allowed: true; readonly row: Row<"inbox">; readonly person: Row<"people"> }
  | { readonly allowed: false; readonly privateText: string };

export type Authorize = (recorded: Recorded) => Promise<Authorized>;

export function createAuthorize({ journal }: { readonly journal: Journal }): Authorize {
  return async function authorize({ row, person }) {
    if (person && row.event && may(person, row.event)) return { allowed: true, row, person };
    const privateText = person
      ? sentenceOf("not_allowed", { reason: "talking here needs the role operator" })
      : sentenceOf("unknown_person", { account: row.account, sender: row.sender });
    const refused = update("inbox", row, { status: "refused", refusal: privateText, event: null });
    await journal.commit({ actorId: "hub", scope: `account/${row.account}`, writes: [refused] });
    return { allowed: false, privateText };
  };
}

function may(person: Row<"people">, event: PersonEvent): boolean {
  return mayTalk(person) || (isDecision(event) && mayDecide(person, ["approver"]));
}
