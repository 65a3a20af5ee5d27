/**
 * The line on which events come: one `/sync` after the other, each from the token of the last one whose every event the hub has taken. The token is
 * kept in the account's state after that, never before; a gap the server leaves in a room is read back first. Invariant: an event that was not
 * taken comes again.
 */
import { z } from "zod";
import type { CaughtUp } from "../../src/contract/connector.ts";
import { askedWaitMs } from "../shared/api-error.ts";
import { createRounds } from "../shared/rounds.ts";
import { isRefusal, isShutOut } from "./api.ts";
import { type RoomEvent, roomEvent } from "./decode.ts";
import { EVENT_TYPES, eventsOf, readBack } from "./history.ts";
import { path } from "./ids.ts";
import { isOurBeginning, type Receive } from "./receive.ts";
import type { Account } from "./rooms.ts";

const cursor = z.object({
  since: z.string(),
  /** Epoch ms at which this was the present. */
  at: z.number(),
  /** The newest event taken of each room we are in. */
  last: z.record(z.string(), z.string()),
});
type Cursor = z.infer<typeof cursor>;

const events = z.array(z.unknown()).default([]);
const timeline = z.object({ events, limited: z.boolean().default(false), prev_batch: z.string().optional() });
const joinedRoom = z.object({ timeline: timeline.prefault({}), state: z.object({ events }).prefault({}) });
const invitedRoom = z.object({ invite_state: z.object({ events }).prefault({}) });
const roomsOf = <T>(shape: z.ZodType<T>) => z.record(z.string(), shape).default({});
const syncAnswer = z.object({
  next_batch: z.string(),
  rooms: z.object({ join: roomsOf(joinedRoom), invite: roomsOf(invitedRoom), leave: roomsOf(z.unknown()) }).prefault({}),
});
type Answer = z.infer<typeof syncAnswer>;

const FILTER = {
  presence: { not_types: ["*"] },
  account_data: { not_types: ["*"] },
  room: {
    timeline: { limit: 100, types: EVENT_TYPES },
    state: { types: ["m.room.member", "m.room.encryption"], lazy_load_members: true, include_redundant_members: true },
    ephemeral: { not_types: ["*"] },
    account_data: { not_types: ["*"] },
  },
};

/** An account that is shut out is asked about no more often than this. */
const SHUT_OUT_RETRY_MS = 60_000;
/** A gap in one life that is shorter is nothing to talk about. */
const TOLD_GAP_MS = 30_000;

/** `connect` is called before each attempt until it has succeeded once. */
export function createSession({ api, rooms, config, context }: Account, receive: Receive, connect: () => Promise<void>) {
  const { state, now, setTimer, log } = context;
  const first = Promise.withResolvers<CaughtUp>();
  const answered = Promise.withResolvers<void>();
  first.promise.catch(() => {});
  let known: Cursor | undefined;
  /** Taken since the token was kept: an attempt that failed half-way takes none twice. */
  const taken = new Set<string>();
  let isConnected = false;
  let isClosed = false;
  let fetched = 0;
  let isFirst = true;
  let answeredAt: number | undefined;
  const waitAfter = (thrown: unknown): number | undefined => (isShutOut(thrown) ? SHUT_OUT_RETRY_MS : askedWaitMs(thrown));
  const rounds = createRounds({ setTimer, log, round, waitAfter });

  async function round(failures: number): Promise<void> {
    known ??= cursor.safeParse(await state.get("cursor")).data;
    isConnected ||= await connect().then(() => true);
    const awayMs = known === undefined ? undefined : now() - known.at;
    // Synapse 1.163 answers a question alike for two minutes, and what was said since would be new. A first one never waits: its `timeout` may differ.
    const answer = await ask(known === undefined ? now() % 1000 : isFirst || failures > 0 ? 0 : config.poll_ms);
    answeredAt = now();
    if (known !== undefined) answered.resolve();
    for (const [room, { invite_state }] of Object.entries(answer.rooms.invite)) await answerInvitation(room, invite_state.events);
    for (const [room, about] of Object.entries(answer.rooms.join)) await takeRoom(room, about);
    await keep(answer);
    const gap = { fetched, ...(awayMs === undefined ? {} : { awayMs }) };
    if (isFirst) first.resolve(gap);
    else if (failures > 0 && awayMs !== undefined && awayMs > TOLD_GAP_MS) context.caughtUp(gap);
    isFirst = false;
    fetched = 0;
  }

  /** The server may hold it for `holdMs`; the limit for the answer itself comes on top. */
  function ask(holdMs: number): Promise<Answer> {
    const filter = JSON.stringify(FILTER);
    const query = { timeout: String(holdMs), filter, ...(known === undefined ? {} : { since: known.since }) };
    return api.call("GET", "/sync", syncAnswer, { query, answerMs: holdMs + config.answer_ms });
  }

  async function takeRoom(room: string, { timeline, state: before }: Answer["rooms"]["join"][string]): Promise<void> {
    for (const event of eventsOf(before.events)) await receive(room, event);
    const recent = eventsOf(timeline.events);
    // At the very first start everything there is was said to others.
    if (known === undefined) return recent.forEach((event) => rooms.note(room, event));
    for (const event of await withoutGap(room, recent, timeline.limited ? timeline.prev_batch : undefined)) {
      if (isClosed) throw new Error("closed");
      if (taken.has(event.event_id)) continue;
      if (await receive(room, event)) fetched += 1;
      answeredAt = now();
      taken.add(event.event_id);
    }
  }

  /** The events since the last one taken, oldest first; of a room that is new to us, those since we were invited. */
  async function withoutGap(room: string, recent: readonly RoomEvent[], from: string | undefined): Promise<readonly RoomEvent[]> {
    const last = known?.last[room];
    const isKnown = (event: RoomEvent): boolean => (last === undefined ? isOurBeginning(event, config.user_id) : event.event_id === last);
    const found = recent.findLastIndex(isKnown);
    if (found >= 0) return recent.slice(found + 1);
    if (from === undefined) return last === undefined ? [] : recent;
    const missed: RoomEvent[] = [];
    for await (const event of readBack(api, room, { from, to: last === undefined ? undefined : known?.since })) {
      if (isKnown(event)) return [...missed.toReversed(), ...recent];
      missed.push(event);
    }
    return last === undefined ? [] : [...missed.toReversed(), ...recent];
  }

  async function answerInvitation(room: string, events: readonly unknown[]): Promise<void> {
    const shown = events.flatMap((item) => roomEvent.pick({ type: true, sender: true, state_key: true }).safeParse(item).data ?? []);
    const inviter = shown.find(({ type, state_key }) => type === "m.room.member" && state_key === config.user_id)?.sender;
    const isEncrypted = shown.some(({ type }) => type === "m.room.encryption");
    const isAllowed = inviter !== undefined && config.invites_from.includes(inviter);
    const reason = isAllowed
      ? "I cannot read encrypted rooms; please make one that is not."
      : "I take invitations from people I know only.";
    try {
      if (isAllowed && !isEncrypted) await api.call("POST", path`/join/${room}`, z.unknown());
      else await api.call("POST", path`/rooms/${room}/leave`, z.unknown(), { body: { reason } });
      log.info({ room, inviter, isAccepted: isAllowed && !isEncrypted }, "an invitation was answered");
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      log.warn({ room, inviter, reason: thrown.message }, "an invitation could not be answered");
    }
  }

  async function keep({ next_batch, rooms: { join, leave } }: Answer): Promise<void> {
    const last = { ...known?.last };
    for (const [room, { timeline }] of Object.entries(join)) last[room] = eventsOf(timeline.events).at(-1)?.event_id ?? last[room] ?? "";
    for (const room of Object.keys(leave)) delete last[room];
    const next = { since: next_batch, at: now(), last };
    if (!(await state.set("cursor", next))) throw new Error("the place reached could not be kept");
    known = next;
    taken.clear();
  }

  return {
    /** Resolves once the server has answered, or has not: what was missed may take long. */
    start: () => Promise.race([rounds.start(), answered.promise]),
    /** Resolves once there is a place in the stream: at a first start what is said before that is history. Rejects when the connector is closed first. */
    place: async () => void (known ?? (await first.promise)),
    trouble: rounds.trouble,
    /** Resolves once all that was missed has been taken. Rejects when the connector is closed first. */
    caughtUp: first.promise,
    /** Epoch ms of the last answer to a `/sync`; undefined before there is a place in the stream. */
    lastAnswerAt: (): number | undefined => known && answeredAt,
    close(): void {
      isClosed = true;
      first.reject(new Error("the connector was closed"));
      rounds.close();
    },
  };
}
