/**
 * Up to where each channel has been taken, on disk: for platforms that deliver once, ask for no confirmation and keep a history. What stands
 * after a mark is asked for again. Invariant: a mark never passes a message that is under way or could not be taken.
 */
import type { Keyv } from "keyv";

/** Message ids of a platform, in the order of their time. */
export interface IdOrder {
  isLater(id: string, than: string): boolean;
  /** Just before this id. */
  before(id: string): string;
  /** The least id of what is said at this time, epoch ms. */
  at(ms: number): string;
}

export interface Marks {
  /** A message of that channel is being taken; until it is done, the mark stays before it. */
  begin(channel: string, id: string): void;
  /** It has been taken, or is none of ours; `isOurs`: the mark is written now. */
  done(channel: string, id: string, isOurs: boolean): Promise<void>;
  /** Everything up to this id has been taken; undefined where nothing was ever heard. */
  since(channel: string): Promise<string | undefined>;
  /** Channels with a mark of their own, those in use first. */
  known(): Promise<readonly string[]>;
  /** Channels go on under other names; undefined: this one does not. */
  rename(nameOf: (channel: string) => string | undefined): Promise<void>;
  /** All that was said until now has been heard. */
  alive(now: number): Promise<void>;
  /** Epoch ms of the last time it was. */
  lastAlive(): Promise<number | undefined>;
}

/** More channels than this are not asked one by one after an absence. */
const MOST_KNOWN = 300;
/** Among so many of the latest the order is not kept, so that it need not be written with every message. */
const FRONT = 50;
/** What was said this shortly before the connection was last known to stand may not have come. */
const MARGIN_MS = 60_000;

export function createMarks(state: Keyv, { isLater, before, at }: IdOrder): Marks {
  const open = new Map<string, Set<string>>();
  let index: Promise<string[]> | undefined;

  const markOf = (channel: string): Promise<string | undefined> => state.get<string>(`mark:${channel}`);
  const known = (): Promise<string[]> => (index ??= state.get<string[]>("known").then((list) => list ?? []));
  const later = (one: string | undefined, other: string | undefined): string | undefined =>
    one !== undefined && (other === undefined || isLater(one, other)) ? one : other;
  /** As far as what is under way allows. */
  const upTo = (id: string, under: Iterable<string>): string => {
    let mark = id;
    for (const one of under) if (!isLater(one, mark)) mark = before(one);
    return mark;
  };

  async function advance(channel: string, id: string): Promise<void> {
    const mark = upTo(id, open.get(channel) ?? []);
    const was = await markOf(channel);
    if (later(mark, was) === was) return;
    await state.set(`mark:${channel}`, mark);
    const list = await known();
    const place = list.indexOf(channel);
    if (place >= 0 && place < FRONT) return;
    if (place >= 0) list.splice(place, 1);
    list.unshift(channel);
    for (const dropped of list.splice(MOST_KNOWN)) await state.delete(`mark:${dropped}`);
    await state.set("known", list);
  }

  return {
    known,
    async rename(nameOf) {
      for (const channel of (await known()).toReversed()) {
        const [name, mark] = [nameOf(channel), await markOf(channel)];
        if (name !== undefined && mark !== undefined) await advance(name, mark);
      }
    },
    begin: (channel, id) => void open.set(channel, (open.get(channel) ?? new Set()).add(id)),
    async done(channel, id, isOurs) {
      open.get(channel)?.delete(id);
      if (open.get(channel)?.size === 0) open.delete(channel);
      if (isOurs) await advance(channel, id);
    },
    since: async (channel) => later(await markOf(channel), await state.get<string>("alive")),
    async alive(now) {
      await state.set(
        "alive",
        upTo(
          at(now - MARGIN_MS),
          [...open.values()].flatMap((ids) => [...ids]),
        ),
      );
      await state.set("aliveAt", now);
    },
    lastAlive: async () => (await state.get<number>("aliveAt")) ?? undefined,
  };
}
