/** A platform that keeps what it was sent and answers by script. Strict: what its limits and powers forbid throws. */
import type { Connector, ConnectorLimits, EventHandler, MessageHandler, Powers } from "../../src/contract/connector.ts";
import type { Ack, ConnectorEvent, InboundMessage, OutboundMessage, PersonEvent, SendResult } from "../../src/contract/message.ts";
import { lengthIn } from "../../src/delivery/split.ts";

export interface RecordingConnector extends Connector {
  /** Every call of `send`, in order, whatever became of it. */
  readonly calls: OutboundMessage[];
  /** What people see: the texts that arrived, in order. */
  readonly shown: string[];
  /** The traces whose turn was marked as ended, with the outcome. */
  readonly ends: string[];
  /** Decides the next calls: given the message, what the platform answers. `arrived` says whether people see it. Default: delivered. */
  script: (message: OutboundMessage) => Verdictful | Promise<Verdictful>;
  /** A person does something. Resolves with the acknowledgement, rejects where the hub did not take it. */
  hear(event: PersonEvent): Promise<Ack>;
  /** Whoever listened is gone with its process. */
  forgetListeners(): void;
}

export type Verdictful = SendResult & { readonly arrived?: boolean };

export interface RecordingOptions {
  readonly limits?: ConnectorLimits | undefined;
  readonly can?: Powers | undefined;
  /** Messages that arrived are found again by their key. */
  readonly reconciles?: boolean;
}

export const DELIVERED: Verdictful = { delivered: true };
export const notSent = (verdict?: SendResult["verdict"]): Verdictful => ({ delivered: false, outcome: "not_sent", error: "no", verdict });
/** The request left and no answer came. */
export const unanswered = (arrived: boolean): Verdictful => ({ delivered: false, outcome: "unknown", error: "no answer", arrived });

export function createRecordingConnector({ limits, can = {}, reconciles = false }: RecordingOptions = {}): RecordingConnector {
  const arrived = new Map<string, string>();
  const onMessage = new Set<MessageHandler>();
  const onEvent = new Set<EventHandler>();
  const connector: RecordingConnector = {
    kind: "recording",
    calls: [],
    shown: [],
    ends: [],
    script: () => DELIVERED,
    ...(limits ? { limits } : {}),
    can: {
      ...can,
      turnEnd: async (_place, { trace, outcome }) => {
        connector.ends.push(`${trace} ${outcome}`);
        return DELIVERED;
      },
      ...(reconciles
        ? {
            reconcile: async ({ idempotencyKey }) => {
              const messageId = arrived.get(idempotencyKey ?? "");
              return messageId === undefined ? undefined : { messageId };
            },
          }
        : {}),
    },
    async send(message) {
      refuseBadCall(message, { limits, can });
      connector.calls.push(message);
      const { arrived: seen, ...result } = await connector.script(message);
      if (seen ?? result.delivered) {
        connector.shown.push(message.text);
        arrived.set(message.idempotencyKey ?? "", `m${connector.shown.length}`);
      }
      return result.delivered ? { messageId: `m${connector.shown.length}`, ...result } : result;
    },
    subscribe(handler) {
      onMessage.add(handler);
      return () => onMessage.delete(handler);
    },
    onEvent(handler) {
      onEvent.add(handler);
      return () => onEvent.delete(handler);
    },
    async hear(event) {
      const acks =
        event.type === "message"
          ? [...onMessage].map((handler) => handler(event as InboundMessage))
          : [...onEvent].map((handler) => handler(event as ConnectorEvent));
      const [ack] = await Promise.all(acks);
      if (!ack) throw new Error("nobody listened");
      return ack;
    },
    forgetListeners() {
      onMessage.clear();
      onEvent.clear();
    },
    health: async () => ({ reachable: true, authenticated: true }),
    close: async () => {},
  };
  return connector;
}

function refuseBadCall(message: OutboundMessage, { limits, can }: Pick<RecordingOptions, "limits" | "can">): void {
  if (message.edits && !can?.edit) throw new Error("this platform cannot edit");
  if (limits && lengthIn(limits.text.unit, message.text) > limits.text.max) throw new Error(`too long: ${message.text}`);
  if (message.idempotencyKey === undefined) throw new Error("a message without a key");
}
