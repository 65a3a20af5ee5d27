/** The commands people type, the same on every platform. They never wait behind a turn and never reach the orchestrator. */
import { counted } from "../src/contract/counted.ts";
import { COMMANDS, type CommandName, intentOf } from "../src/commands.ts";
import { howToBegin } from "../src/conversations/begin.ts";
import { latestOverviews, overviewWords } from "../src/conversations/overview.ts";
import { bindingsOf, placeWords } from "../src/conversations/places.ts";
import { type Effect, endOfTurn, type FromPerson, type Handler, say, type View, type Work } from "../src/contract/handler.ts";
import { conversationName } from "../src/contract/ids.ts";
import type { OnlyTo, PersonEvent } from "../src/contract/message.ts";
import { update, type Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";
import { messagesOf } from "../src/turns/messages.ts";
import { usageWords } from "../src/usage/words.ts";
import { beginAnew, bind } from "./bind.ts";
import { canvasCommand } from "./canvas.ts";
import { leave, mirror, move } from "./move.ts";
import { isOption, listOptions, setOption } from "./options.ts";
import { listDeploys, promote, rollBack } from "./deploy-commands.ts";
import { follow, unfollow } from "./follow.ts";
import { listApprovals } from "./list-approvals.ts";
import { pair } from "./pair.ts";
import { rules } from "./rules.ts";
import { dropWaiting, listWaiting, setMode } from "./waiting.ts";

type Message = FromPerson<Extract<PersonEvent, { type: "message" }>>;
interface Reply {
  readonly text: string;
  /** Who alone is answered. */
  readonly onlyTo?: OnlyTo | undefined;
  readonly writes?: readonly Write[];
  readonly effects?: readonly Effect[] | undefined;
  readonly expect?: Work["expect"];
}

export const command: Handler = {
  name: "command",
  person: {
    async message(from, view): Promise<Work> {
      const intent = intentOf(from.event.text);
      const {
        text,
        onlyTo,
        writes = [],
        effects = [],
        expect,
      } = await (intent.type === "command" ? ANSWERS[intent.name](from, view, intent.argument) : unknown(intent, from, view));
      const at = { address: from.row.address, trace: from.row.trace };
      return { writes: [...writes, say({ ...at, text, onlyTo, urgency: "reply" }).write, endOfTurn(at, "done")], effects, expect };
    },
  },
};

const HELP: Record<CommandName, string> = {
  help: "this list",
  status: "what is going on in this conversation",
  health: "whether the connectors and the orchestrator answer",
  new: "begin a new conversation here",
  stop: "stop what is running here; `!stop all` drops what waits, too",
  mode: "what is done with messages that come while the agent works: `!mode queue`, `collect`, `interrupt` or `steer`",
  queue: "what waits here",
  drop: "take a waiting message out: `!drop N`",
  options: "what can be chosen of the agent in this conversation: its model, modes of its own",
  set: "choose one of them: `!set model NAME`",
  sessions: "the conversations there are, by name",
  bind: "whom this place talks with: `!bind NAME`",
  move: "bring a conversation here: `!move NAME`",
  mirror: "show a conversation here, too: `!mirror NAME`",
  leave: "take this place out of its conversation; the last place ends it",
  usage: "tokens spent today",
  where: "where this conversation lives",
  approvals: "what waits for a decision; `!approvals CODE` shows one whole",
  rules: "what is allowed without being asked again; `!rules end CODE` ends one",
  deploys: "the latest deploys; `!deploys APP [ENVIRONMENT]` those of one app",
  follow: "hear of deploys here: `!follow APP [ENVIRONMENT] [STATE …]`; alone it lists what is followed",
  unfollow: "take back what you follow here: `!unfollow APP [ENVIRONMENT] [STATE …]`",
  mute: "hear no longer of them: `!mute APP [ENVIRONMENT] [STATE …]`",
  unmute: "take that back: `!unmute APP [ENVIRONMENT] [STATE …]`",
  rollback: "ask for the revision before: `!rollback APP [ENVIRONMENT [ID]]`",
  promote: "ask for what is live in one environment in another: `!promote APP FROM [TO]`",
  canvas: "the pages you were shown; `!canvas CODE` gives you a link of your own",
  pair: "for admins: who asks to be known here; `!pair accept CODE name`, `!pair deny CODE`",
};

const ANSWERS: Record<CommandName, (from: Message, view: View, argument: string) => Promise<Reply>> = {
  async help({ session }, view) {
    const lines = COMMANDS.map((name) => `- \`!${name}\`: ${HELP[name]}`);
    const decide =
      "- `approve CODE`, `deny CODE reason`, `answer CODE text`: decide what is asked; `approve CODE always` also allows exactly that for a while";
    return {
      text: `Everything else you write goes to ${view.settings.aliasOf(session?.orchestrator ?? "")}.\n\n${[...lines, decide].join("\n")}`,
    };
  },

  async status({ event, session }, view) {
    if (!session) return { text: `There is no conversation here yet. ${howToBegin(event)} to begin one.` };
    const turns = await liveTurns(session, view);
    const pending = await view.store.count("approvals", { sessionKey: session.id, state: "pending" });
    const running = turns.find((turn) => turn.state !== "queued");
    const working = running ? `working for ${seconds(view.now - running.createdAt)}` : "idle";
    const waiting = turns.filter((turn) => turn.state === "queued").length;
    return { text: `${view.settings.aliasOf(session.orchestrator)} is ${working}; ${waiting} waiting, ${pending} to decide.` };
  },

  async health(_from, view) {
    const lines = (await view.live.health()).map(({ name, ok, detail }) => `- ${ok ? "✓" : "✗"} ${name}: ${detail}`);
    return { text: lines.join("\n") };
  },

  new: beginAnew,
  bind,
  move,
  mirror,
  leave,

  async stop({ session }, view, argument) {
    const turns = session ? await liveTurns(session, view) : [];
    if (!session || turns.length === 0) return { text: "Nothing is running here." };
    const waiting = turns.filter((turn) => turn.state === "queued");
    const dropped = argument.toLowerCase() === "all" ? waiting : [];
    const running = turns.find((turn) => turn.state !== "queued");
    // On record first: what a person has stopped must not begin again after a crash.
    const stopped = running ? [update("turns", running, { stopping: true })] : [];
    const ends = (turn: Row<"turns">): Write[] => messagesOf(turn).map((message) => endOfTurn(message, "stopped"));
    const writes = [...stopped, ...dropped.flatMap((turn) => [update("turns", turn, { state: "stopped" }), ...ends(turn)])];
    const left = waiting.length - dropped.length;
    const rest =
      left > 0
        ? ` ${counted(left, "waiting message")} will still be delivered; \`!stop all\` drops ${left === 1 ? "it" : "them"}.`
        : dropped.length > 0
          ? ` ${counted(dropped.length, "waiting message")} dropped.`
          : "";
    return { text: `Stopping.${rest}`, writes, effects: [cancelOf(session, running)] };
  },

  mode: (from, view, argument) => setMode(from, view, argument),
  queue: ({ session }, view) => listWaiting(session, view),
  drop: ({ session }, view, argument) => dropWaiting(session, view, argument),
  options: ({ session }, view) => listOptions(session, view),
  set: ({ session }, view, argument) => setOption(session, view, argument),
  pair,
  canvas: canvasCommand,

  async sessions(_from, { store, settings: { aliasOf } }) {
    const latest = await latestOverviews({ limit: 20 }, { store, aliasOf });
    return {
      text: latest.map(({ overview }) => `- \`${overview.name}\` ${overviewWords(overview)}`).join("\n") || "No conversations yet.",
    };
  },

  async usage(_from, view) {
    return { text: await usageWords(view) };
  },

  async where({ row, session }, view) {
    if (!session) return { text: "There is no conversation here yet." };
    const bindings = await bindingsOf(view.store, session.id);
    const places = bindings.map(({ address }) => `- ${placeWords(address)}`);
    const title = `${session.title ? `"${session.title}"` : "This conversation"}, \`${conversationName(session.id)}\` with ${view.settings.aliasOf(session.orchestrator)}, is at`;
    return { text: [`${title}\n`, ...places, `\nHow this message went: \`mos-hub trace ${row.trace}\``].join("\n") };
  },

  approvals: (_from, view, argument) => listApprovals(view, argument),

  rules: ({ person }, view, argument) => rules(person, view, argument),

  deploys: listDeploys,
  rollback: rollBack,
  promote,
  follow: (from, view, argument) => follow("follow", from, view, argument),
  unfollow: (from, view, argument) => unfollow("follow", from, view, argument),
  mute: (from, view, argument) => follow("mute", from, view, argument),
  unmute: (from, view, argument) => unfollow("mute", from, view, argument),
};

function cancelOf({ orchestrator, id }: Row<"sessions">, running: Row<"turns"> | undefined): Effect {
  return { type: "cancel", orchestrator, session: id, turnId: running?.id };
}

async function unknown(intent: ReturnType<typeof intentOf>, { session }: Message, view: View): Promise<Reply> {
  const name = intent.type === "unknown_command" ? intent.name : "";
  if (isOption(name, session, view)) return { text: `\`!set ${name} VALUE\` chooses that; \`!options\` lists what there is.` };
  return { text: `There is no command \`!${name}\`. \`!help\` lists them.` };
}

async function liveTurns(session: Row<"sessions">, view: View): Promise<Row<"turns">[]> {
  return view.store.find("turns", { where: { sessionKey: session.id, state: { in: ["queued", "prompting", "running"] } } });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
