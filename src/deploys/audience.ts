/** Who hears of a deploy: the thread that asked for it always, else the places that the rules and people name. */
import type { View } from "../contract/handler.ts";
import { type Address, isSamePlace, placeOf, withoutTwins } from "../contract/ids.ts";
import type { Mention } from "../contract/message.ts";
import { lastWords, type Follow, followsOf, matches, type Occasion } from "./follows.ts";

export interface Audience {
  readonly places: readonly Address[];
  /** False for a place in which somebody muted this. */
  readonly mayHear: (place: Address) => boolean;
  /**
   * The people who follow this and are called in that place, by name, with all the ids they have on its account: of several places of one
   * account each is called where they follow it, else in the first. Those who have no id there are not among them.
   */
  readonly followers: (place: Address) => Promise<readonly (readonly Mention[])[]>;
}

export async function audienceOf(occasion: Occasion, origin: Address | undefined, view: View): Promise<Audience> {
  const said = lastWords(await followsOf(view.store), occasion);
  const isOrigin = (place: Address): boolean => origin !== undefined && isSamePlace(place, origin);
  const mayHear = (place: Address): boolean => isOrigin(place) || said.find(({ address }) => isSamePlace(address, place))?.verb !== "mute";
  const following = said.filter(({ verb }) => verb === "follow");
  const all = [...(origin ? [origin] : []), ...routed(occasion, origin, view), ...following.map(({ address }) => address)];
  const places = withoutTwins(all.filter(mayHear));
  return { places, mayHear, followers: (place) => namesOf(calledAt(place, following, places), place, view) };
}

function calledAt(place: Address, following: readonly Follow[], places: readonly Address[]): string[] {
  const onAccount = places.filter(({ account }) => account === place.account);
  return [...new Set(following.flatMap(({ people }) => people))].filter((person) => {
    const own = following.filter(({ people }) => people.includes(person));
    const chosen = onAccount.find((one) => own.some(({ address }) => isSamePlace(address, one))) ?? onAccount[0] ?? place;
    return isSamePlace(chosen, place);
  });
}

function routed(occasion: Occasion, origin: Address | undefined, { settings }: View): readonly Address[] {
  const { routes } = settings.deploys;
  if (routes.length === 0) return origin ? [] : settings.homes;
  return routes.filter((route) => matches(route, occasion)).flatMap(({ chats }) => chats.map((chat) => placeOf(chat, settings.homes)));
}

async function namesOf(ids: readonly string[], { account }: Address, { store }: View): Promise<Mention[][]> {
  const people = await Promise.all(ids.map((id) => store.get("people", id)));
  const all = people.map((person) =>
    (person?.accounts ?? []).flatMap((one) => (person && one.account === account ? [{ id: one.sender, name: person.name }] : [])),
  );
  return all.filter((ids) => ids.length > 0);
}
