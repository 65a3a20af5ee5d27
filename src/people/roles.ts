/**
 * What a role allows. Roles are a set and none implies another: an `admin` manages people and pairings but decides nothing unless also
 * `approver`, and an `approver` talks to nobody unless also `operator`. So a list of roles says all there is to know.
 * Pure; asked anew at every message and every decision, never remembered.
 */
import type { PersonFields, Role } from "../contract/tables.ts";

export const ROLES = ["viewer", "operator", "approver", "admin"] as const satisfies readonly Role[];

type Holder = Pick<PersonFields, "roles">;

/** May send messages to an orchestrator. */
export function mayTalk(person: Holder): boolean {
  return person.roles.includes("operator");
}

/** May see states and lists: everybody who has any role at all. */
export function maySee(person: Holder): boolean {
  return person.roles.length > 0;
}

/** May vote on a request of this policy. An empty list of roles means nobody. */
export function mayDecide(person: Holder, policyRoles: readonly Role[]): boolean {
  return policyRoles.some((role) => person.roles.includes(role));
}

/** May change people, pairings and settings. */
export function mayManage(person: Holder): boolean {
  return person.roles.includes("admin");
}
