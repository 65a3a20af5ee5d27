/** What people may do just now, as a page shows it. Asks the same rules as the decision itself, and decides nothing. */
import { whyNoVote } from "../approvals/votes.ts";
import type { Rights } from "../contract/connector.ts";
import type { StoreReader } from "../contract/store.ts";
import { mayTalk } from "./roles.ts";

export function createRights(store: StoreReader): Rights {
  return {
    async mayTalk(personId) {
      const person = await store.get("people", personId);
      return person !== undefined && mayTalk(person);
    },
    async decidersOf(approvalId, personId) {
      const asked = await store.get("approvals", approvalId);
      if (asked?.kind !== "approval") return undefined;
      const people = await store.find("people");
      const roles = new Map(people.map((person) => [person.id, person]));
      const electorate = { policy: asked.policy, requesterId: asked.requesterId, personOf: (id: string) => roles.get(id) };
      const names = people.filter(({ id }) => whyNoVote(id, electorate) === undefined).map(({ name }) => name);
      return { whyNot: whyNoVote(personId, electorate), names };
    },
  };
}
