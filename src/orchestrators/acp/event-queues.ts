/**
 * Events on their way to the hub: strictly in order within a session, sessions side by side.
 * Invariant: text that waits is joined instead of piling up, and a session with too much waiting makes the reader of the agent wait.
 */
import type { ConnectorLog, Unsubscribe } from "../../contract/connector.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { OrchestratorEvent, SessionEvent } from "../../contract/orchestrator.ts";

/** Above this many waiting events of one session nothing more is read from the agent. */
const MAX_WAITING = 1_000;
/** Waiting text is joined up to here; beyond it is another event, so that it counts. */
const JOINED_CHARS = 64 * 1024;

/** What comes of it is known only when its turn has come; undefined when there is nothing to say. */
export type Later = () => Promise<OrchestratorEvent | undefined>;
type Waiting = Omit<SessionEvent, "event"> & { readonly event: OrchestratorEvent | Later };

export type EventHandler = (event: SessionEvent) => Promise<void>;

export interface EventQueues {
  push(event: Waiting): void;
  /** Resolves at once, or when the fullest queue has shrunk again. */
  room(): Promise<void>;
  onEvent(handler: EventHandler): Unsubscribe;
  /** Nothing is handed out any more. */
  close(): void;
}

export function createEventQueues(log: ConnectorLog): EventQueues {
  const handlers = new Set<EventHandler>();
  const waiting = new Map<SessionKey, Waiting[]>();
  let isClosed = false;
  let readers: (() => void)[] = [];

  const isFull = (): boolean => [...waiting.values()].some((events) => events.length >= MAX_WAITING);

  async function hand(waited: Waiting): Promise<void> {
    const said = typeof waited.event === "function" ? await waited.event() : waited.event;
    if (said === undefined || isClosed) return;
    const event = { ...waited, event: said };
    for (const handler of handlers) {
      try {
        await handler(event);
      } catch (error) {
        log.error({ session: event.session, event: event.event.type, error }, "an event of the agent could not be handled");
      }
    }
  }

  async function drain(session: SessionKey, events: Waiting[]): Promise<void> {
    for (let event = events.shift(); event && !isClosed; event = events.shift()) {
      await hand(event);
      if (readers.length > 0 && !isFull()) readers.splice(0).forEach((goOn) => goOn());
    }
    waiting.delete(session);
  }

  return {
    push(event) {
      if (isClosed) return;
      const events = waiting.get(event.session);
      if (!events) {
        const mine = [event];
        waiting.set(event.session, mine);
        void drain(event.session, mine);
      } else {
        const last = events.at(-1);
        const both = last && joinedText(last, event);
        if (both) events[events.length - 1] = both;
        else events.push(event);
      }
    },
    room: () => (isFull() ? new Promise((resolve) => void readers.push(resolve)) : Promise.resolve()),
    onEvent(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    close() {
      isClosed = true;
      waiting.clear();
      readers.splice(0).forEach((goOn) => goOn());
      readers = [];
    },
  };
}

function joinedText(last: Waiting, next: Waiting): Waiting | undefined {
  if (typeof last.event === "function" || typeof next.event === "function") return undefined;
  if (last.event.type !== "text_delta" || next.event.type !== "text_delta" || last.turnId !== next.turnId) return undefined;
  if (last.event.text.length >= JOINED_CHARS) return undefined;
  return { ...last, event: { type: "text_delta", text: last.event.text + next.event.text } };
}
