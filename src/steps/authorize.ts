/**
 * AUTHORIZE: who may speak. Default deny: a room's members are nobody until the configuration or a pairing names them.
 * Failure exit: the row is closed as refused and the sender is told privately why.
 */
import { sentenceOf } from "../contract/errors.ts";
import { update } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { mayTalk } from "../people/roles.ts";
import type { Journal } from "../store/journal.ts";
import type { Recorded } from "./record.ts";

export type Authorized =
  | { readonly allowed: true; readonly row: Row<"inbox">; readonly person: Row<"people"> }
  | { readonly allowed: false; readonly privateText: string };

export type Authorize = (recorded: Recorded) => Promise<Authorized>;

export function createAuthorize({ journal }: { readonly journal: Journal }): Authorize {
  return async function authorize({ row, person }) {
    if (person && row.event && mayTalk(person)) return { allowed: true, row, person };
    const privateText = person
      ? sentenceOf("not_allowed", { reason: "talking here needs the role operator" })
      : sentenceOf("unknown_person", { account: row.account, sender: row.sender });
    const refused = update("inbox", row, { status: "refused", refusal: privateText, event: null });
    await journal.commit({ actorId: "hub", scope: `account/${row.account}`, writes: [refused] });
    return { allowed: false, privateText };
  };
}
