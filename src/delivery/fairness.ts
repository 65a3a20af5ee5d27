/**
 * In which order lanes are served: most urgent first; among equals the chats take turns, and inside a chat its threads, so that a busy one
 * starves no other. Remembers who was served when, of so many at most.
 */
import { chatKey } from "../contract/ids.ts";
import type { OutboxFields, Row } from "../contract/tables.ts";

export const RANK: Record<OutboxFields["urgency"], number> = { urgent: 0, reply: 1, notice: 2, progress: 3 };
const MOST_REMEMBERED = 10_000;

export interface Fairness {
  /** The heads of the lanes as they are to be served. */
  order(heads: readonly Row<"outbox">[]): Row<"outbox">[];
  /** A call for this row begins. */
  served(row: Row<"outbox">): void;
}

export function createFairness(): Fairness {
  const servedAt = new Map<string, number>();
  let calls = 0;

  const lastServed = (key: string): number => servedAt.get(key) ?? 0;

  function order(heads: readonly Row<"outbox">[]): Row<"outbox">[] {
    const places = heads.map((row) => ({ row, rank: RANK[row.urgency], chat: chatOf(row), round: 0 }));
    places.sort(
      (one, other) => one.rank - other.rank || lastServed(one.row.lane) - lastServed(other.row.lane) || one.row.seq - other.row.seq,
    );
    const rounds = new Map<string, number>();
    for (const place of places) {
      const key = `${place.rank} ${place.chat}`;
      place.round = rounds.get(key) ?? 0;
      rounds.set(key, place.round + 1);
    }
    // Stable: what is equal in all of this stays as it is.
    places.sort((one, other) => one.rank - other.rank || one.round - other.round || lastServed(one.chat) - lastServed(other.chat));
    return places.map(({ row }) => row);
  }

  function remember(key: string): void {
    servedAt.delete(key);
    servedAt.set(key, calls);
    const [oldest] = servedAt.keys();
    if (servedAt.size > MOST_REMEMBERED && oldest !== undefined) servedAt.delete(oldest);
  }

  return {
    order,
    served(row) {
      calls += 1;
      remember(row.lane);
      remember(chatOf(row));
    },
  };
}

/** A chat's own lane has the same key as the chat. */
function chatOf({ address }: Row<"outbox">): string {
  return `chat ${chatKey(address)}`;
}
