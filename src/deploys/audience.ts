/** Who hears of a deploy: the thread that asked for it always, else the places that the rules and people name. */
import type { View } from "../contract/handler.ts";
import { type Address, addressKey, placeOf } from "../contract/ids.ts";
import type { Mention } from "../contract/message.ts";
import { lastWords, type Follow, followsOf, matches, type Occasion } from "./follows.ts";

export interface Audience {
  readonly places: readonly Address[];
  /** False for a place in which somebody muted this. */
  readonly mayHear: (place: Address) => boolean;
  /** The people who follow this, by name, with all the ids they have on the account of that place; those who have none are not among them. */
  readonly followers: (place: Address) => Promise<readonly (readonly Mention[])[]>;
}

export async function audienceOf(occasion: Occasion, origin: Address | undefined, view: View): Promise<Audience> {
  const said = lastWords(await followsOf(view.store), occasion);
  const isOrigin = (place: Address): boolean => origin !== undefined && addressKey(place) === addressKey(origin);
  const mayHear = (place: Address): boolean => isOrigin(place) || said.get(addressKey(place))?.verb !== "mute";
  const following = [...said.values()].filter(({ verb }) => verb === "follow");
  const places = [...(origin ? [origin] : []), ...routed(occasion, origin, view), ...following.map(({ address }) => address)];
  return { places: unlike(places.filter(mayHear)), mayHear, followers: (place) => peopleOf(following, place, view) };
}

function routed(occasion: Occasion, origin: Address | undefined, { settings }: View): readonly Address[] {
  const { routes } = settings.deploys;
  if (routes.length === 0) return origin ? [] : settings.homes;
  return routes.filter((route) => matches(route, occasion)).flatMap(({ chats }) => chats.map((chat) => placeOf(chat, settings.homes)));
}

/** Each place once. */
export function unlike(places: readonly Address[]): Address[] {
  return [...new Map(places.map((place) => [addressKey(place), place])).values()];
}

async function peopleOf(following: readonly Follow[], { account }: Address, { store }: View): Promise<Mention[][]> {
  const ids = [...new Set(following.flatMap(({ people }) => people))];
  const people = await Promise.all(ids.map((id) => store.get("people", id)));
  const all = people.map((person) =>
    (person?.accounts ?? []).flatMap((one) => (person && one.account === account ? [{ id: one.sender, name: person.name }] : [])),
  );
  return all.filter((ids) => ids.length > 0);
}
