/** Who changes what only people may change: a browser that signed in is the person, whoever holds a token proves themselves by PIN. */
import type { Clock } from "../clock.ts";
import { HubError } from "../contract/errors.ts";
import type { Row } from "../contract/tables.ts";
import { provePin } from "../people/prove.ts";
import { mayManage } from "../people/roles.ts";
import type { Journal } from "../store/journal.ts";
import type { KnownCaller } from "./callers.ts";

export interface Desk {
  readonly journal: Journal;
  readonly clock: Pick<Clock, "now">;
}

/** The admin behind a request. Throws `admin_pin_needed`, `not_allowed` and what `provePin` throws. */
export async function provenAdmin(
  { journal, clock }: Desk,
  { caller, personId }: KnownCaller,
  pin: string | undefined,
): Promise<Row<"people">> {
  const signedIn = caller.type === "person" && caller.assurance === "platform";
  const known = signedIn ? await journal.store.get("people", personId) : undefined;
  if (!known && pin === undefined) throw new HubError("admin_pin_needed");
  const person = known ?? (await provePin({ journal, now: clock.now() }, pin ?? "", personId));
  if (!mayManage(person)) throw new HubError("not_allowed", { reason: "this needs the role admin" });
  return person;
}

/** Where a request came from, for the audit log. */
export function viaOf({ ambient }: KnownCaller): string {
  return ambient ? "console" : "cli";
}
