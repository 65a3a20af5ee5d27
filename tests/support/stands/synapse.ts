/** A real Synapse with one room, and Ann in it over plain HTTP. What is seen is what the server gives her, changes applied. */
import { createMatrixPerson, relationOf, type Seen } from "../matrix-person.ts";
import { installSynapse, startSynapse } from "../synapse.ts";
import { isAskedFor, REACTIONS } from "./matrix.ts";
import type { Stand } from "./stand.ts";

export async function createSynapseStand(): Promise<Stand> {
  await installSynapse();
  const synapse = await startSynapse("lifted");
  const bot = await synapse.register("mos", "MOSHUB");
  const person = await synapse.register("ann", "ANN");
  const ann = createMatrixPerson({ url: synapse.url, ...person });
  const room = await ann.createRoom([bot.userId]);
  await createMatrixPerson({ url: synapse.url, ...bot }).join(room);
  const account = { kind: "matrix", homeserver_url: synapse.url, user_id: bot.userId, room_id: room, rate_limit: "none" };

  return {
    account: { ...account, invites_from: [ann.userId] },
    environment: { MATRIX_ACCESS_TOKEN: bot.token },
    chat: room,
    ann: ann.userId,
    say: async (text) => void (await ann.say(room, text, { mention: bot.userId })),
    async shown() {
      const events = await ann.read(room);
      const own = events.filter(({ sender, type, content }) => sender === bot.userId && type === "m.room.message" && "body" in content);
      const latest = new Map(own.filter(isEdit).map((edit) => [relationOf(edit).event_id, edit.content["m.new_content"]]));
      return own
        .filter((event) => !isEdit(event))
        .map((event) => {
          const { body } = (latest.get(event.event_id) ?? event.content) as { body?: string };
          const { rel_type, event_id } = relationOf(event);
          const buttons = Object.keys(REACTIONS).filter((label) => isAskedFor(label, String(body)));
          return {
            chat: room,
            id: event.event_id,
            thread: rel_type === "m.thread" ? event_id : undefined,
            text: String(body),
            buttons: buttons.map((label) => ({ label })),
          };
        });
    },
    press: async ({ id }, label) => void (await ann.react(room, id, REACTIONS[label] ?? label)),
    close: synapse.end,
  };
}

const isEdit = (event: Seen): boolean => relationOf(event).rel_type === "m.replace";
