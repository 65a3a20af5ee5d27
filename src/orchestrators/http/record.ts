/**
 * The durable record of an orchestrator that is reached over HTTP: for each session what it still has to be told, what it said that the hub has not
 * handled yet, and the turn under way. Invariant: whatever either side was told is taken has been written here first, so that the death of either
 * loses nothing.
 */
import type { Keyv } from "keyv";
import type { SessionKey } from "../../contract/ids.ts";
import type { OrchestratorEvent, TurnOutcome } from "../../contract/orchestrator.ts";
import type { Delivery, KnownAsk } from "../../contract/orchestrator-door.ts";
import { createSerial } from "../../serial.ts";

export interface WaitingDelivery {
  readonly body: Delivery;
  /** It may have reached the orchestrator. */
  readonly isOffered: boolean;
}

export interface WaitingEvent {
  readonly id: string;
  readonly turnId: string | undefined;
  readonly event: OrchestratorEvent;
}

export interface LiveTurn {
  readonly id: string;
  /** The orchestrator has said that it has it. */
  readonly isGiven: boolean;
  /** Kept until the next turn: a hub that died before it could write the end asks again. */
  readonly end?: { readonly outcome: TurnOutcome; readonly reason?: string | undefined } | undefined;
}

export interface RememberedAsk {
  readonly id: string;
  readonly digest?: string | undefined;
  /** The turn it was asked in. */
  readonly turnId?: string | undefined;
  readonly isAnswered: boolean;
}

export interface TakenReport {
  readonly key: string;
  /** Of what came with it, where its sender says that a key is one request. */
  readonly digest?: string | undefined;
  readonly asks: readonly string[];
  readonly canvases?: readonly string[];
}

export interface SessionRecord {
  readonly turn?: LiveTurn | undefined;
  /** The life of the orchestrator that knows the conversation. */
  readonly knownBy?: string | undefined;
  readonly deliveries: readonly WaitingDelivery[];
  readonly events: readonly WaitingEvent[];
  /** Reports that were taken, the latest last, and the asks and canvases each brought. */
  readonly keys: readonly TakenReport[];
  readonly asks: readonly RememberedAsk[];
  readonly isOpened?: boolean | undefined;
  /** What a profile keeps about the conversation. */
  readonly notes: Readonly<Record<string, string>>;
}

export interface Records {
  /** Sessions in which something is under way. Resolves when they have been read. */
  busy(): Promise<readonly [SessionKey, SessionRecord][]>;
  /** Undefined: never opened. */
  get(session: SessionKey): Promise<SessionRecord | undefined>;
  /** On disk when it resolves with the record as it then is; `change` may return what it was given. */
  change(session: SessionKey, change: (record: SessionRecord) => SessionRecord): Promise<SessionRecord>;
  asked(askId: string): Promise<KnownAsk | undefined>;
  life(): Promise<string | undefined>;
  setLife(life: string): Promise<void>;
}

/** An asker may come back for a decision this long. */
const ASKS_MS = 90 * 86_400_000;

const EMPTY: SessionRecord = { deliveries: [], events: [], keys: [], asks: [], notes: {} };

export function isUnderWay({ turn }: SessionRecord): boolean {
  return turn !== undefined && turn.end === undefined;
}

export function createRecords(state: Keyv): Records {
  const known = new Map<SessionKey, SessionRecord>();
  const serial = createSerial();
  let busyNames: Promise<Set<SessionKey>> | undefined;

  const isBusy = (record: SessionRecord): boolean => isUnderWay(record) || record.deliveries.length > 0 || record.events.length > 0;
  const names = (): Promise<Set<SessionKey>> => (busyNames ??= state.get<SessionKey[]>("busy").then((stored) => new Set(stored ?? [])));

  async function get(session: SessionKey): Promise<SessionRecord | undefined> {
    const stored = known.get(session) ?? (await state.get<SessionRecord>(`session/${session}`));
    // Another call may have changed it meanwhile.
    if (stored && !known.has(session)) known.set(session, stored);
    return known.get(session);
  }

  return {
    get,
    async busy() {
      const found = await Promise.all([...(await names())].map(async (session) => [session, await get(session)] as const));
      return found.flatMap(([session, record]) => (record === undefined ? [] : [[session, record] as [SessionKey, SessionRecord]]));
    },
    change: (session, change) =>
      serial.run("write", async () => {
        const before = await get(session);
        const after = change(before ?? EMPTY);
        if (after === before) return after;
        const busy = await names();
        const now = new Set(busy);
        if (isBusy(after)) now.add(session);
        else now.delete(session);
        const fresh = after.asks.filter(({ id }) => !before?.asks.some((ask) => ask.id === id));
        const entries: { key: string; value: unknown; ttl?: number }[] = [
          { key: `session/${session}`, value: after },
          ...fresh.map(({ id, digest }) => ({ key: `ask/${id}`, value: { session, digest }, ttl: ASKS_MS })),
        ];
        if (now.size !== busy.size) entries.push({ key: "busy", value: [...now] });
        await state.setMany(entries);
        busyNames = Promise.resolve(now);
        known.set(session, after);
        return after;
      }),
    asked: (askId) => state.get<KnownAsk>(`ask/${askId}`),
    life: () => state.get<string>("life"),
    setLife: async (life) => void (await state.set("life", life)),
  };
}
