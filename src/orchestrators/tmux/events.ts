/** Events on their way to the hub: strictly in order within a session, sessions side by side. */
import type { ConnectorLog, Unsubscribe } from "../../contract/connector.ts";
import type { SessionEvent } from "../../contract/orchestrator.ts";
import { createSerial } from "../../serial.ts";

export interface Events {
  /** Resolves when every handler is done with it: true unless one failed or nothing is handed out any more. */
  emit(event: SessionEvent): Promise<boolean>;
  onEvent(handler: (event: SessionEvent) => Promise<void>): Unsubscribe;
  close(): void;
}

export function createEvents(log: ConnectorLog): Events {
  const handlers = new Set<(event: SessionEvent) => Promise<void>>();
  const lanes = createSerial();
  let isClosed = false;

  async function hand(event: SessionEvent): Promise<boolean> {
    let isTaken = !isClosed;
    for (const handler of isClosed ? [] : handlers) {
      try {
        await handler(event);
      } catch (error) {
        isTaken = false;
        log.error({ session: event.session, event: event.event.type, error }, "an event of the agent could not be handled");
      }
    }
    return isTaken;
  }

  return {
    emit: (event) => lanes.run(event.session, () => hand(event)),
    onEvent(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    close: () => void (isClosed = true),
  };
}
