/**
 * ROUTE: which handler, which session. A first message in a place opens a session there, a mention in a chat one in a thread of its own, and so
 * does a command that brings a conversation there; other control (commands, decisions) opens none, and none belongs to a lane.
 * Failure exit: nobody to talk to, and the sender is told so.
 */
import { type CommandName, intentOf } from "../commands.ts";
import { bind, newSession } from "../conversations/begin.ts";
import { chooseSeat, seatNamed } from "../conversations/choose.ts";
import { findConversation } from "../conversations/places.ts";
import { FORGOTTEN, replaceSession } from "../conversations/replace.ts";
import type { Connector } from "../contract/connector.ts";
import { known } from "../contract/errors.ts";
import { type OrchestratorSeat, say } from "../contract/handler.ts";
import { type Address, addressKey, conversationName, type SessionKey } from "../contract/ids.ts";
import type { PersonEvent } from "../contract/message.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { Clock } from "../clock.ts";
import type { Journal } from "../store/journal.ts";

export interface Routed {
  readonly row: Row<"inbox">;
  readonly person: Row<"people">;
  readonly session: Row<"sessions"> | undefined;
  /** Nothing was routed: its conversation needs a thread of this name first. Comes again with what became of it. */
  readonly needsThread?: string;
}

/** What became of opening a thread. `refused`: the platform would not, so the conversation goes on in the chat. */
export type Opened = { readonly threadId: string } | "refused";

export type Route = (row: Row<"inbox">, person: Row<"people">, opened?: Opened) => Promise<Routed>;

export interface RouteParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly connectorOf: (account: string) => Connector | undefined;
  readonly tenantId: string;
  /** Whom a conversation can be with; the first where nothing else was chosen. */
  readonly orchestrators: readonly OrchestratorSeat[];
  readonly redact: (text: string) => string;
}

/** What decides where an event goes. `lane`: it waits its turn in the session; control never waits. */
interface Destination {
  readonly handler: string;
  readonly lane: boolean;
}

/** A new conversation, not yet written. */
interface Begun {
  readonly key: SessionKey;
  readonly writes: readonly Write[];
}

export function createRoute({ journal, clock, connectorOf, tenantId, orchestrators, redact }: RouteParts): Route {
  return async function route(row, person, opened) {
    const needsThread = opened === undefined ? await threadNeeded(row) : undefined;
    if (needsThread !== undefined) return { row, person, session: undefined, needsThread };
    await journal.settle({ actorId: person.id, scope: `account/${row.account}` }, async () => {
      const fresh = (await journal.store.get("inbox", row.id)) ?? row;
      if (fresh.status !== "recorded" || !fresh.event) return { writes: [] };
      const address = typeof opened === "object" ? { ...row.address, thread: opened.threadId } : row.address;
      const bound = await journal.store.get("bindings", addressKey(address));
      const { handler, lane } = await destinationOf(fresh.event, bound?.sessionKey);
      const begun = lane ? await (bound ? inherit(bound, { address, trace: row.trace }) : begin(fresh.event, address)) : undefined;
      const isNew = begun !== undefined || !lane;
      const told = isNew && opened === "refused" ? [say({ address, trace: row.trace, text: NO_THREAD, urgency: "notice" }).write] : [];
      const times = { ...fresh.times, routed: clock.now() };
      const key = lane ? (begun?.key ?? bound?.sessionKey ?? null) : null;
      const done = update("inbox", fresh, { status: "routed", address, handler, sessionKey: key, times });
      return { writes: [...(begun?.writes ?? []), ...told, done] };
    });
    const routed = (await journal.store.get("inbox", row.id)) ?? row;
    // What was said before `new` belongs to the session of its lane, even when it is taken up after it.
    const key = routed.sessionKey ?? (await journal.store.get("bindings", addressKey(routed.address)))?.sessionKey;
    return { row: routed, person, session: key && (await journal.store.get("sessions", key)) };
  };

  /** The name of the thread to open, on a platform that has threads, for what begins or brings a conversation in a chat. */
  async function threadNeeded({ event, address, account, status }: Row<"inbox">): Promise<string | undefined> {
    if (status !== "recorded" || !isInChat(event) || !connectorOf(account)?.can?.openThread) return undefined;
    const bound = await journal.store.get("bindings", addressKey(address));
    if (bound && (bound.needsMention !== true || bound.keepsMentions === true)) return undefined;
    const intent = intentOf(event.text);
    if (intent.type === "command") return titleBrought(intent.name, intent.argument);
    const isTalk = event.mentionsBot && (await destinationOf(event, bound?.sessionKey)).lane;
    return isTalk ? titleOf(event, redact) : undefined;
  }

  /** What a command brings into the place where it is said; undefined when that is nothing. */
  async function titleBrought(command: CommandName, argument: string): Promise<string | undefined> {
    if (command === "bind") return seatNamed(orchestrators, argument)?.alias;
    if (command !== "move" && command !== "mirror") return undefined;
    const session = await findConversation(journal.store, argument);
    return session && (session.title || conversationName(session.id));
  }

  /** The rows of a new session; its binding is inserted, so that two first messages at once open one session, not two. */
  async function begin(event: PersonEvent, address: Address): Promise<Begun> {
    const seat = known(chooseSeat(orchestrators, address, event.type === "message" ? event.text : ""), "configured");
    const session = await newSession(journal.store, { seat, tenantId, address, title: titleOf(event, redact) });
    return { key: session.key, writes: [session.write, bind(address, session, event)] };
  }

  /** A conversation with one whom the configuration no longer has goes on with the only one there is; of several, people choose. */
  async function inherit(bound: Row<"bindings">, said: { address: Address; trace: string }): Promise<Begun | undefined> {
    const [heir, ...others] = orchestrators;
    const session = await journal.store.get("sessions", bound.sessionKey);
    if (!heir || others.length > 0 || !session || session.orchestrator === heir.name) return undefined;
    const words = `${heir.alias} answers here from now on: whom this was with is no longer in the configuration. ${FORGOTTEN}`;
    const { address: here, trace } = said;
    const { title } = session;
    const { key, writes } = await replaceSession(journal.store, session, { seat: heir, tenantId, here, trace, words, title });
    return { key, writes: [...writes, say({ address: here, trace, text: words, urgency: "notice" }).write] };
  }

  async function destinationOf(event: PersonEvent, session: SessionKey | undefined): Promise<Destination> {
    switch (event.type) {
      case "message": {
        const intent = intentOf(event.text);
        if (intent.type === "command" || intent.type === "unknown_command") return { handler: "command", lane: false };
        if (intent.type === "decision") return { handler: "approval", lane: false };
        if (intent.type === "answer" || (await hasOpenQuestion(session))) return { handler: "question", lane: false };
        return { handler: "operator-message", lane: true };
      }
      case "action":
        return { handler: PRESSED[event.subject.split(":")[0] ?? ""] ?? "approval", lane: false };
      case "edited":
      case "deleted":
      case "joined":
      case "moved":
        return { handler: "operator-message", lane: false };
      default:
        return event satisfies never;
    }
  }

  async function hasOpenQuestion(session: SessionKey | undefined): Promise<boolean> {
    if (!session) return false;
    return (await journal.store.count("approvals", { kind: "question", state: "pending", sessionKey: session })) > 0;
  }
}

/** Not in a thread, and not to the bot alone. */
function isInChat(event: PersonEvent | null): event is Extract<PersonEvent, { type: "message" }> {
  return event?.type === "message" && !event.direct && event.threadId === undefined;
}

/** Whose card was pressed, by what its subject begins with. */
const PRESSED: Readonly<Record<string, string>> = { question: "question", canvas: "canvas", deploy: "deploy" };

const NO_THREAD = "I cannot open a thread here, so I answer in the chat itself. Mention me in each message that is meant for me.";
const LONGEST_TITLE = 60;
const UNTITLED = "New conversation";

/** The beginning of what was said, at most 60 letters; of files alone the first one's name. */
export function titleOf(event: PersonEvent | null, redact: (text: string) => string): string {
  if (event?.type !== "message") return UNTITLED;
  // Before it is cut, so that no secret is halved.
  const words = redact(event.text.trim() || (event.attachments?.[0]?.name ?? UNTITLED)).replace(/\s+/g, " ");
  const letters = [...words];
  return letters.length <= LONGEST_TITLE ? words : `${letters.slice(0, LONGEST_TITLE - 1).join("")}…`;
}
