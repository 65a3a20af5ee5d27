/** A fake homeserver with its rooms, and Ann in them. */
import { type FakeRoom, notifiedBy, shownIn } from "../../../connectors/matrix/fake/rooms.ts";
import { createFakeHomeserver } from "../../../connectors/matrix/fake/server.ts";
import type { Relation } from "../../../connectors/matrix/fake/shapes.ts";
import { systemClock } from "../../../src/clock.ts";
import { type BusyStand, several, type StandOptions } from "./stand.ts";

const ANN = "@ann:hs.example.internal";
/** Synapse's default for one user (its documentation, `rc_message`, 2026); the connector's, too. */
const RATE = { per_second: 0.2, burst: 10 };

/** What stands for a button there. */
export const REACTIONS: Readonly<Record<string, string>> = { Approve: "✅", Deny: "❌" };

/** Whether a card with these words can be answered so. */
export const isAskedFor = (label: string, text: string): boolean => text.includes(`${REACTIONS[label]} to ${label.toLowerCase()}`);

export async function createMatrixStand({ chats = 1, isStrict = false }: StandOptions = {}) {
  const limit = isStrict ? { limit: { perSecond: RATE.per_second, burst: RATE.burst } } : {};
  const fake = await createFakeHomeserver({ ...systemClock, isServerless: true, ...limit });
  const bot = fake.user("mos");
  const rooms = several(chats, () => fake.rooms.create(ANN));
  for (const one of rooms) fake.rooms.member(one, ANN, bot.user, "join");
  const [room] = rooms as [FakeRoom];
  const account = { kind: "matrix", homeserver_url: fake.url, user_id: bot.user, room_id: room.id, rate_limit: isStrict ? RATE : "none" };

  return {
    fake,
    account: { ...account, invites_from: [ANN] },
    environment: { MATRIX_ACCESS_TOKEN: bot.token },
    chat: room.id,
    chats: rooms.map(({ id }) => id),
    ann: ANN,
    say: async (body) => void fake.say(room, ANN, { msgtype: "m.text", body, "m.mentions": { user_ids: [bot.user] } }),
    async shown() {
      const own = rooms.flatMap(shownIn).filter(({ event }) => event.sender === bot.user);
      return own.map(({ event, content }) => {
        const text = String(content["body"]);
        const relation = event.content["m.relates_to"] as Relation | undefined;
        const thread = relation?.rel_type === "m.thread" ? relation.event_id : undefined;
        const labels = Object.keys(REACTIONS).filter((label) => isAskedFor(label, text));
        const { event_id: id, room_id: chat } = event;
        const notified = notifiedBy(fake.rooms.find(chat), id);
        return { chat, id, thread, text, buttons: labels.map((label) => ({ label })), notified };
      });
    },
    async press({ chat, id }, label) {
      fake.say(
        fake.rooms.find(chat),
        ANN,
        { "m.relates_to": { rel_type: "m.annotation", event_id: id, key: REACTIONS[label] ?? label } },
        "m.reaction",
      );
    },
    calledAt: () => fake.ledger.sendTimes,
    refused: () => fake.ledger.limited,
    close: fake.close,
  } satisfies BusyStand & { fake: unknown };
}
