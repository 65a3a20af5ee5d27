/** A fake homeserver with one room, and Ann in it. */
import { type FakeRoom, notifiedBy, shownIn } from "../../../connectors/matrix/fake/rooms.ts";
import { createFakeHomeserver } from "../../../connectors/matrix/fake/server.ts";
import type { Relation } from "../../../connectors/matrix/fake/shapes.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Stand } from "./stand.ts";

const ANN = "@ann:hs.example.internal";
/** What stands for a button there. */
export const REACTIONS: Readonly<Record<string, string>> = { Approve: "✅", Deny: "❌" };

/** Whether a card with these words can be answered so. */
export const isAskedFor = (label: string, text: string): boolean => text.includes(`${REACTIONS[label]} to ${label.toLowerCase()}`);

export async function createMatrixStand() {
  const fake = await createFakeHomeserver({ ...systemClock, isServerless: true });
  const bot = fake.user("mos");
  const room: FakeRoom = fake.rooms.create(ANN);
  fake.rooms.member(room, ANN, bot.user, "join");
  const account = { kind: "matrix", homeserver_url: fake.url, user_id: bot.user, room_id: room.id, rate_limit: "none" };

  return {
    fake,
    account: { ...account, invites_from: [ANN] },
    environment: { MATRIX_ACCESS_TOKEN: bot.token },
    chat: room.id,
    ann: ANN,
    say: async (body) => void fake.say(room, ANN, { msgtype: "m.text", body, "m.mentions": { user_ids: [bot.user] } }),
    async shown() {
      const own = shownIn(room).filter(({ event }) => event.sender === bot.user);
      return own.map(({ event, content }) => {
        const text = String(content["body"]);
        const relation = event.content["m.relates_to"] as Relation | undefined;
        const thread = relation?.rel_type === "m.thread" ? relation.event_id : undefined;
        const labels = Object.keys(REACTIONS).filter((label) => isAskedFor(label, text));
        const notified = notifiedBy(room, event.event_id);
        return { id: event.event_id, thread, text, buttons: labels.map((label) => ({ label })), notified };
      });
    },
    async press({ id }, label) {
      fake.say(room, ANN, { "m.relates_to": { rel_type: "m.annotation", event_id: id, key: REACTIONS[label] ?? label } }, "m.reaction");
    },
    close: fake.close,
  } satisfies Stand & { fake: unknown };
}
