/**
 * The conversations there are, as whoever looks sees them: names, places and what goes on, never what was said. Only reads. The same for people in
 * chat, the shell, programs and agents.
 */
import { type Address, addressKey, conversationName, type SessionKey } from "../contract/ids.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { pagesOf } from "../store/pages.ts";
import { bindingsOf, placeWords } from "./places.ts";

export interface Overview {
  /** `chat-1a2b3c4d`. */
  readonly name: string;
  readonly title: string;
  /** The alias people see. */
  readonly orchestrator: string;
  readonly status: "open" | "closed";
  /** At least one; of a closed one where it was last. */
  readonly places: readonly Address[];
  readonly isWorking: boolean;
  /** Messages that wait for the orchestrator. */
  readonly waiting: number;
  /** Approvals and questions that wait for people. */
  readonly toDecide: number;
  readonly begunAt: number;
  /** When the latest message came. */
  readonly lastActiveAt: number;
}

export interface Looking {
  readonly store: StoreReader;
  readonly aliasOf: (orchestrator: string) => string;
}

export async function overviewOf(row: Row<"sessions">, { store, aliasOf }: Looking): Promise<Overview> {
  const sessionKey = row.id;
  const [places, live, [last], asked, wished] = await Promise.all([
    bindingsOf(store, sessionKey),
    store.find("turns", { where: { sessionKey, state: { in: ["queued", "prompting", "running"] } } }),
    store.find("turns", { where: { sessionKey }, newestFirst: true, limit: 1 }),
    store.count("approvals", { sessionKey, state: "pending" }),
    store.find("approvals", { where: { sessionKey: null, state: "pending" } }),
  ]);
  const lanes = new Set(places.map(({ id }) => id));
  return {
    name: conversationName(sessionKey),
    title: row.title,
    orchestrator: aliasOf(row.orchestrator),
    status: row.status,
    places: places.length === 0 ? [row.address] : places.map(({ address }) => address),
    isWorking: live.some(({ state }) => state !== "queued"),
    waiting: live.filter(({ state }) => state === "queued").length,
    // What somebody wished there and a service carries out belongs to no session.
    toDecide: asked + wished.filter(({ askedBy, address }) => askedBy !== undefined && lanes.has(addressKey(address))).length,
    begunAt: row.createdAt,
    lastActiveAt: Math.max(row.createdAt, last?.createdAt ?? 0),
  };
}

export interface Wanted {
  /** Only those of this orchestrator. */
  readonly orchestrator?: string | undefined;
  /** Those that have ended, too. Default false. */
  readonly closed?: boolean;
  readonly limit: number;
}

/** Among so many latest messages it is looked whose conversation they are; which one was begun latest is known of all. */
const LATEST_MESSAGES = 2000;

/** The latest active first. */
export async function latestOverviews(wanted: Wanted, looking: Looking): Promise<{ row: Row<"sessions">; overview: Overview }[]> {
  const { store } = looking;
  const { orchestrator, closed = false, limit } = wanted;
  const where = { ...(closed ? {} : { status: "open" as const }), ...(orchestrator === undefined ? {} : { orchestrator }) };
  const begun = await store.find("sessions", { where, newestFirst: true, limit });
  const rows = new Map([...(await latestSpoken(wanted, store)), ...begun].map((row) => [row.id, row]));
  const all = await Promise.all(Array.from(rows.values(), async (row) => ({ row, overview: await overviewOf(row, looking) })));
  return all.toSorted((a, b) => b.overview.lastActiveAt - a.overview.lastActiveAt).slice(0, limit);
}

async function latestSpoken({ orchestrator, closed = false, limit }: Wanted, store: StoreReader): Promise<Row<"sessions">[]> {
  const looked = new Set<SessionKey>();
  const found: Row<"sessions">[] = [];
  let messages = 0;
  for await (const page of pagesOf(store, "turns", { newestFirst: true })) {
    for (const { sessionKey } of page) {
      if (looked.has(sessionKey)) continue;
      looked.add(sessionKey);
      const row = await store.get("sessions", sessionKey);
      const isWanted = (closed || row?.status === "open") && (orchestrator === undefined || row?.orchestrator === orchestrator);
      if (row && isWanted) found.push(row);
      if (found.length === limit) return found;
    }
    messages += page.length;
    if (messages >= LATEST_MESSAGES) break;
  }
  return found;
}

/** What goes on in it: `working`, `2 waiting`, `1 to decide`, `closed`; none of them where nothing does. */
export function goingOn({ isWorking, waiting, toDecide, status }: Overview): string[] {
  return [
    isWorking ? "working" : "",
    waiting > 0 ? `${waiting} waiting` : "",
    toDecide > 0 ? `${toDecide} to decide` : "",
    status === "closed" ? "closed" : "",
  ].filter(Boolean);
}

/** On one line. */
export function overviewWords(overview: Overview): string {
  const { title, orchestrator, places } = overview;
  return [title || "(untitled)", orchestrator, places.map(placeWords).join(", "), ...goingOn(overview)].join(" · ");
}
