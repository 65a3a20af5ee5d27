/** Counting votes. Pure. People are counted, not accounts, and only those who may vote as it is counted. */
import type { ApprovalPolicy, PersonFields, Vote } from "../contract/tables.ts";

export interface Tally {
  readonly outcome: "pending" | "approved" | "denied";
  /** The names of those whose vote counts. */
  readonly approving: readonly string[];
  readonly denying: readonly string[];
}

export interface Electorate {
  readonly policy: Pick<ApprovalPolicy, "roles" | "quorum" | "denyQuorum" | "excludesRequester">;
  readonly requesterId: string | null;
  /** The live record of a person; undefined for one who is gone. */
  readonly personOf: (id: string) => Pick<PersonFields, "roles"> | undefined;
}

/** Why this person may not vote; undefined when they may. */
export function whyNoVote(personId: string, { policy, requesterId, personOf }: Electorate): string | undefined {
  const roles = personOf(personId)?.roles ?? [];
  const missing = policy.roles.find((list) => !list.some((role) => roles.includes(role)));
  if (missing) return missing.length === 0 ? "nobody may decide this" : `deciding this needs the role ${missing.join(" or ")}`;
  if (policy.excludesRequester && personId === requesterId) return "somebody else than who asked for it decides this";
  return undefined;
}

/** Who may vote, in words, by role. */
export function votersOf({ roles, excludesRequester }: Electorate["policy"]): string {
  const who = roles.map((list) => (list.length === 0 ? "nobody" : list.join(" or "))).join(", and also ");
  return `${who}${excludesRequester ? ", but not who asked for it" : ""}`;
}

export function tally(votes: readonly Vote[], electorate: Electorate): Tally {
  const counted = votes.filter(({ personId }) => whyNoVote(personId, electorate) === undefined);
  const namesOf = (verdict: Vote["verdict"]): string[] => counted.flatMap((vote) => (vote.verdict === verdict ? [vote.name] : []));
  const [approving, denying] = [namesOf("approve"), namesOf("deny")];
  const { quorum, denyQuorum } = electorate.policy;
  const outcome = denying.length >= denyQuorum ? "denied" : approving.length >= quorum ? "approved" : "pending";
  return { outcome, approving, denying };
}

/** One person has one vote: the latest. */
export function withVote(votes: readonly Vote[], vote: Vote): Vote[] {
  return [...withoutVote(votes, vote.personId), vote];
}

export function withoutVote(votes: readonly Vote[], personId: string): Vote[] {
  return votes.filter((other) => other.personId !== personId);
}
