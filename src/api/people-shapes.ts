/** What the HTTP API takes and gives about people: those the hub knows, and those who ask to be known. */
import { z } from "zod";
import { ROLES } from "../people/roles.ts";

const role = z.enum(ROLES);
const accountAt = z.object({
  account: z.string().min(1).max(100).describe("An account of the hub."),
  sender: z.string().min(1).max(300).describe("The person's id there."),
});
const name = z
  .string()
  .regex(/^[^\p{C}\p{Z}](?:[^\p{C}]{0,98}[^\p{C}\p{Z}])?$/u, "must be 1 to 100 printable characters, without spaces around them");
const pin = z.string().min(1).max(100).optional().describe("Needed by everybody but an admin's signed-in browser.");
const who = z.string().min(1).max(200);

export const personShape = z
  .object({
    id: z.string(),
    name: z.string(),
    dir: z.string(),
    roles: z.array(role).readonly(),
    accounts: z.array(z.object({ account: z.string(), sender: z.string(), paired: z.literal(true).optional() })).readonly(),
    source: z.enum(["config", "pairing", "local"]),
    hasPin: z.boolean(),
  })
  .meta({ id: "Person" });
export const peopleList = z.object({ people: z.array(personShape) });
export const personId = z.object({ id: who.describe("The person's id or name.") });
export const newPerson = z.strictObject({
  name,
  roles: z.array(role).min(1).max(4),
  accounts: z.array(accountAt.strict()).max(50).default([]),
  pin,
});
export const newRoles = z.strictObject({ roles: z.array(role).max(4).describe("None: they are known and may nothing."), pin });
export const removal = z.strictObject({
  account: accountAt.strict().optional().describe("Only this account, which was paired. Default: the person with all they have."),
  pin,
});
export const newPin = z.strictObject({ pin: z.string().min(1).max(100), current: z.string().max(100).optional() });
export const pinSet = z.object({ set: z.literal(true) });

export const pairingShape = z
  .object({
    account: z.string(),
    sender: z.string().describe("Their id there."),
    name: z.string().optional().describe("What they call themselves; anybody may call themselves anything."),
    workspace: z.string().optional(),
    chat: z.string().describe("The direct chat in which they were told their code."),
    issuedAt: z.number().int().describe("When they were told it, in epoch milliseconds."),
    expiresAt: z.number().int().describe("Epoch milliseconds."),
  })
  .meta({ id: "Pairing" });
export const pairingList = z.object({ pairings: z.array(pairingShape) });
export const acceptance = z.strictObject({
  code: z.string().min(1).max(40).describe("What the stranger was told."),
  name: name.optional().describe("Of a new person. Default: the sender's id."),
  person: who.optional().describe("Id or name of somebody known, who gets the account instead."),
  roles: z.array(role).min(1).max(4).default(["operator"]).describe("Of a new person."),
  pin,
});
export const denial = z.strictObject({ code: z.string().min(1).max(500).describe("The code, or `account:sender` as it is listed."), pin });
export const denied = z.object({ denied: z.literal(true) });
