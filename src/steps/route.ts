/**
 * ROUTE: which handler, which session. A first message in a place opens a session there; control (commands, decisions) opens none
 * and belongs to no lane. Failure exit: nobody to talk to, and the sender is told so.
 */
import { intentOf } from "../commands.ts";
import { type Address, addressKey, type SessionKey, sessionKey } from "../contract/ids.ts";
import type { PersonEvent } from "../contract/message.ts";
import { insert, update, type Write } from "../contract/store.ts";
import type { BusyMode, Row } from "../contract/tables.ts";
import type { Clock } from "../clock.ts";
import type { Journal } from "../store/journal.ts";

export interface Routed {
  readonly row: Row<"inbox">;
  readonly person: Row<"people">;
  readonly session: Row<"sessions"> | undefined;
}

export type Route = (row: Row<"inbox">, person: Row<"people">) => Promise<Routed>;

export interface RouteParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly tenantId: string;
  /** The orchestrator that answers where nothing else was chosen. */
  readonly orchestrator: string;
  /** Of a session that is opened. */
  readonly busyMode: BusyMode;
}

/** What decides where an event goes. `lane`: it waits its turn in the session; control never waits. */
interface Destination {
  readonly handler: string;
  readonly lane: boolean;
}

export function createRoute({ journal, clock, tenantId, orchestrator, busyMode }: RouteParts): Route {
  return async function route(row, person) {
    await journal.settle({ actorId: person.id, scope: `account/${row.account}` }, async () => {
      const fresh = (await journal.store.get("inbox", row.id)) ?? row;
      if (fresh.status !== "recorded" || !fresh.event) return { writes: [] };
      const bound = await journal.store.get("bindings", addressKey(row.address));
      const { handler, lane } = await destinationOf(fresh.event, bound?.sessionKey);
      const opened =
        lane && !bound ? openSession({ address: row.address, tenantId, orchestrator, busyMode, title: titleOf(fresh.event) }) : undefined;
      const times = { ...fresh.times, routed: clock.now() };
      const key = lane ? (bound?.sessionKey ?? opened?.key ?? null) : null;
      return { writes: [...(opened?.writes ?? []), update("inbox", fresh, { status: "routed", handler, sessionKey: key, times })] };
    });
    const routed = (await journal.store.get("inbox", row.id)) ?? row;
    // What was said before `new` belongs to the session of its lane, even when it is taken up after it.
    const key = routed.sessionKey ?? (await journal.store.get("bindings", addressKey(row.address)))?.sessionKey;
    return { row: routed, person, session: key && (await journal.store.get("sessions", key)) };
  };

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
        return { handler: event.subject.startsWith("question:") ? "question" : "approval", lane: false };
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

interface Opening {
  readonly address: Address;
  readonly tenantId: string;
  readonly orchestrator: string;
  readonly busyMode: BusyMode;
  readonly title: string;
  /** How many sessions this address had before. Default 0. */
  readonly generation?: number;
}

/** The rows of a new session; its binding is inserted, so that two first messages at once open one session, not two. */
export function openSession({ address, tenantId, orchestrator, busyMode, title, generation = 0 }: Opening): {
  key: SessionKey;
  writes: Write[];
} {
  const key = sessionKey({ orchestrator, type: "chat", tenantId, first: address, generation });
  const session = insert("sessions", key, { orchestrator, address, agentSessionId: null, title, status: "open", busyMode });
  return { key, writes: [session, insert("bindings", addressKey(address), { address, sessionKey: key, generation })] };
}

const LONGEST_TITLE = 60;

function titleOf(event: PersonEvent): string {
  const words = event.type === "message" ? event.text.replace(/\s+/g, " ").trim() : "";
  const letters = [...words];
  return letters.length <= LONGEST_TITLE ? words : `${letters.slice(0, LONGEST_TITLE - 1).join("")}…`;
}
