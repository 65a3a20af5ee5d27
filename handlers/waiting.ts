/** What waits in a conversation, and what is done with a message that comes while the agent works: `!mode`, `!queue`, `!drop`. */
import { howToBegin } from "../src/conversations/begin.ts";
import { counted } from "../src/contract/counted.ts";
import { endOfTurn, type FromPerson, type View } from "../src/contract/handler.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import { update, type Write } from "../src/contract/store.ts";
import { BUSY_MODES, type BusyMode, type JoinedMessage, type Row } from "../src/contract/tables.ts";
import { messagesOf, ofMessages } from "../src/turns/messages.ts";

interface Reply {
  readonly text: string;
  readonly writes?: readonly Write[];
}

const MEANING: Record<BusyMode, string> = {
  queue: "they wait, one after the other",
  collect: "what waits becomes one message",
  interrupt: "what runs is stopped for them",
  steer: "they are passed into what runs, where the agent can",
};
const LONGEST_LINE = 80;

type Asking = Pick<FromPerson<Extract<PersonEvent, { type: "message" }>>, "session" | "event">;

export async function setMode({ session, event }: Asking, view: View, argument: string): Promise<Reply> {
  const fresh = session && (await view.store.get("sessions", session.id));
  if (!fresh) return { text: `There is no conversation here yet. ${howToBegin(event)} to begin one.` };
  const mode = BUSY_MODES.find((known) => known === argument.trim().toLowerCase());
  const now = (of: BusyMode): string =>
    `Messages that come while ${view.settings.aliasOf(fresh.orchestrator)} works: ${MEANING[of]} (\`${of}\`).`;
  if (mode) return { text: now(mode), writes: [update("sessions", fresh, { busyMode: mode })] };
  const choices = BUSY_MODES.map((known) => `- \`!mode ${known}\`: ${MEANING[known]}`).join("\n");
  const meant = argument === "" ? "" : `\n\nModes of the agent itself are among its \`!options\`.`;
  return { text: `${now(fresh.busyMode)}\n\n${choices}${meant}` };
}

export async function listWaiting(session: Row<"sessions"> | undefined, view: View): Promise<Reply> {
  const waiting = await waitingIn(session, view);
  const lines = waiting.map(({ message }, at) => `${at + 1}. ${oneLine(message)}`);
  return { text: lines.length === 0 ? "Nothing waits here." : `${lines.join("\n")}\n\n\`!drop N\` removes one.` };
}

export async function dropWaiting(session: Row<"sessions"> | undefined, view: View, argument: string): Promise<Reply> {
  const waiting = await waitingIn(session, view);
  const found = /^\d+$/.test(argument) ? waiting[Number(argument) - 1] : undefined;
  if (!found)
    return {
      text: waiting.length === 0 ? "Nothing waits here." : `Say which: \`!drop 1\` to \`!drop ${waiting.length}\`; \`!queue\` lists them.`,
    };
  return { text: `Dropped: ${oneLine(found.message)}`, writes: withoutMessage(found.turn, found.message, "It was dropped.") };
}

/** A message that the agent has not seen is taken out of its turn; a turn that has none left is over. */
export function withoutMessage(turn: Row<"turns">, message: JoinedMessage, why: string): Write[] {
  const [first, ...others] = messagesOf(turn).filter(({ trace }) => trace !== message.trace);
  const rest = first ? update("turns", turn, ofMessages([first, ...others])) : update("turns", turn, { state: "stopped" });
  return [rest, endOfTurn(message, "stopped", why)];
}

async function waitingIn(
  session: Row<"sessions"> | undefined,
  view: View,
): Promise<{ readonly turn: Row<"turns">; readonly message: JoinedMessage }[]> {
  if (!session) return [];
  const queued = await view.store.find("turns", { where: { sessionKey: session.id, state: "queued" } });
  return queued.flatMap((turn) => messagesOf(turn).map((message) => ({ turn, message })));
}

function oneLine({ text, attachments }: JoinedMessage): string {
  const words = [...text.replace(/\s+/g, " ").trim()];
  const shown = words.length <= LONGEST_LINE ? words.join("") : `${words.slice(0, LONGEST_LINE - 1).join("")}…`;
  return shown || counted(attachments.length, "file");
}
