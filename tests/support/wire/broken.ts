/** The two wire connectors, each broken in one way that real connectors have been, with the case of the kit that must find it. */
import type { Connector, ConnectorDefinition, MessageHandler, Powers } from "../../../src/contract/connector.ts";
import type { OutboundMessage, SendResult } from "../../../src/contract/message.ts";
import { pause } from "../../../src/testing/claims.ts";
import hook from "./hook/connector.ts";
import line from "./line/connector.ts";

export interface Broken {
  readonly fault: string;
  readonly definition: ConnectorDefinition;
  /** The name of the case that finds it, and a part of the sentence it says. */
  readonly foundBy: string;
  readonly says: string;
}

export const BROKEN: readonly Broken[] = [
  {
    fault: "loses a message after a 5xx",
    definition: withSend(hook, async (send, message) => {
      const result = await send(message);
      return result.error === "out of order" ? { delivered: true, outcome: "sent", messageId: "lost" } : result;
    }),
    foundBy: "tries again after a fault of the platform",
    says: "the message was lost",
  },
  {
    fault: "gives up after a 5xx",
    definition: withSend(line, async (send, message) => {
      const result = await send(message);
      return result.verdict?.do === "retry" ? { ...result, outcome: "not_sent", verdict: { do: "drop" } } : result;
    }),
    foundBy: "tries again after a fault of the platform",
    says: "the message was given up",
  },
  {
    fault: "sends again by itself after a lost answer",
    definition: withSend(line, async (send, message) => {
      const result = await send(message);
      if (result.outcome !== "unknown") return result;
      await pause(200);
      return send(message);
    }),
    foundBy: "does not double a message whose answer was lost, or marks it",
    says: "shown 2 times without a word",
  },
  {
    fault: "calls an answer that was lost `not_sent`",
    definition: withSend(line, async (send, message) => {
      const result = await send(message);
      return result.outcome === "unknown" ? { ...result, outcome: "not_sent" } : result;
    }),
    foundBy: "says `unknown` when the request left and no answer came",
    says: "the hub would send again without looking",
  },
  {
    fault: "believes that a lost request arrived",
    definition: withSend(line, async (send, message) => {
      const result = await send(message);
      return result.outcome === "unknown" ? { delivered: true, outcome: "sent", messageId: "believed" } : result;
    }),
    foundBy: "does not lose a message whose request was lost",
    says: "the message was lost",
  },
  {
    fault: "acknowledges before the journal",
    definition: withHandler(hook, (handler) => async (message) => void Promise.resolve(handler(message)).catch(() => {})),
    foundBy: "acknowledges only after the handler has resolved",
    says: "before the hub had written the message down",
  },
  {
    fault: "acknowledges what the hub could not write down",
    definition: withHandler(line, (handler) => async (message) => {
      await Promise.resolve(handler(message)).catch(() => {});
    }),
    foundBy: "does not acknowledge what the handler rejected, and takes it when it comes again",
    says: "what the hub could not write down",
  },
  {
    fault: "ignores retry-after",
    definition: withSend(hook, async (send, message) => {
      const result = await send(message);
      return result.verdict?.do === "retry_after" ? { ...result, verdict: { do: "retry" } } : result;
    }),
    foundBy: "leaves the platform alone for as long as it asks",
    says: "the platform asked for 1500 ms and was called again after",
  },
  {
    fault: "tries again by itself when there are too many calls",
    definition: withSend(hook, async (send, message) => {
      const result = await send(message);
      return result.verdict?.do === "retry_after" ? send(message) : result;
    }),
    foundBy: "takes too many calls for what they are, also without a time to wait",
    says: "a refused call is not `not_sent`",
  },
  {
    fault: "cuts a long text silently",
    definition: withSend(line, (send, message) => send({ ...message, text: message.text.slice(0, 800) })),
    foundBy: "takes a text of exactly its limit, in its own unit, and never cuts a longer one",
    says: "was cut without a word",
  },
  {
    fault: "states a limit in the wrong unit",
    definition: wrap(line, (connector) => ({ limits: { ...connector.limits, text: { max: 800, unit: "utf16" }, countsAsEvent: [] } })),
    foundBy: "takes a text of exactly its limit, in its own unit, and never cuts a longer one",
    says: "a text of exactly the stated limit is refused",
  },
  {
    fault: "claims that it can edit",
    definition: withPowers(line, { edit: true }),
    foundBy: "edit: changes a message in place, and bears the same change twice",
    says: "a change in place failed",
  },
  {
    fault: "claims that its platform knows keys",
    definition: withPowers(line, { idempotentMs: 60_000 }),
    foundBy: "shows one message for one idempotency key, also after a restart",
    says: "one key shows several messages",
  },
  {
    fault: "claims that it can look for a message, and never finds one",
    definition: wrap(withPowers(hook, { reconcile: async () => undefined }), () => ({})),
    foundBy: "finds after a crash what was shown, and nothing else",
    says: "does not find a message that is shown",
  },
  {
    fault: "finds messages that were never sent",
    definition: withPowers(line, { reconcile: async () => ({ messageId: "m1" }) }),
    foundBy: "does not lose a message whose request was lost",
    says: "the message was lost",
  },
  {
    fault: "opens another thread each time it is asked",
    definition: wrap(hook, ({ can }) => {
      let opened = 0;
      return { can: { ...can, openThread: async () => ({ threadId: `another-${(opened += 1)}` }) } };
    }),
    foundBy: "openThread: opens a thread, and the same one when asked again",
    says: "asked again it opened another thread",
  },
  {
    fault: "confirms what nobody has taken, and claims that nothing is lost meanwhile",
    definition: wrap(line, (connector) => {
      connector.subscribe(() => {});
      return {};
    }),
    foundBy: "replays: delivers by itself what was said while nobody was connected",
    says: "what was missed does not arrive",
  },
  {
    fault: "claims a power nobody can see",
    definition: withPowers(line, { typing: async () => {} }),
    foundBy: "typing: is seen where a conversation lives",
    says: "its harness has no `glimpsed` to prove it",
  },
  {
    fault: "calls a silent line healthy",
    definition: wrap(line, () => ({ health: async () => ({ reachable: true, authenticated: true }) })),
    foundBy: "is healthy in a quiet chat, and not on a silent connection",
    says: "a connection that is silent is called healthy",
  },
  {
    fault: "calls a quiet chat dead",
    definition: wrap(hook, (connector, { now }) => {
      const startedAt = now();
      return {
        health: async () => ({ ...(await connector.health()), reachable: now() - startedAt < 300 && (await connector.health()).reachable }),
      };
    }),
    foundBy: "is healthy in a quiet chat, and not on a silent connection",
    says: "a quiet chat is called unreachable",
  },
  {
    fault: "takes a duplicate as new",
    definition: withHandler(hook, (handler) => {
      let count = 0;
      return (message) => handler({ ...message, eventId: `${message.eventId}-${(count += 1)}` });
    }),
    foundBy: "gives a duplicate the event id of the first, and another message another",
    says: "would be taken twice",
  },
  {
    fault: "drops what comes in the wrong order",
    definition: withHandler(line, (handler) => {
      let last = 0;
      return (message) => {
        const number = Number(message.eventId.replace("line-", ""));
        if (number < last) return;
        last = number;
        return handler(message);
      };
    }),
    foundBy: "takes both of two messages that come in the wrong order",
    says: "not both arrived once",
  },
  {
    fault: "answers late",
    definition: withHandler(hook, (handler) => async (message) => {
      const ack = await handler(message);
      await pause(400);
      return ack;
    }),
    foundBy: "carries the hub's answer inside the acknowledgement, in time",
    says: "did not see the answer to their message in time",
  },
  {
    fault: "swallows the answer",
    definition: withHandler(hook, (handler) => async (message) => void (await handler(message))),
    foundBy: "carries the hub's answer inside the acknowledgement, in time",
    says: "did not see the answer to their message in time",
  },
  {
    fault: "shows answers to messages and does not say so",
    definition: wrap(hook, ({ can }) => ({ can: without("answersMessages", can) })),
    foundBy: "carries the hub's answer inside the acknowledgement, in time",
    says: "`can.answersMessages` does not promise",
  },
  {
    fault: "waits for ever for a silent platform",
    definition: withSend(line, async (send, message) => {
      const result = await send(message);
      return result.outcome === "unknown" ? new Promise(() => {}) : result;
    }),
    foundBy: "does not wait for ever for an answer",
    says: "waits for ever",
  },
  {
    fault: "rejects instead of giving a result",
    definition: withSend(hook, async (send, message) => {
      const result = await send(message);
      if (!result.delivered) throw new Error(result.error);
      return result;
    }),
    foundBy: "gives up what the platform refuses for good",
    says: "`send` must never reject",
  },
  {
    fault: "says its token in an error",
    definition: wrap(hook, (connector, { secrets }) => ({
      send: async (message) => {
        const result = await connector.send(message);
        return result.delivered ? result : { ...result, error: `${result.error} (token ${secrets.get("HOOK_TOKEN")})` };
      },
    })),
    foundBy: "says a reason for every failure, and no secret in it",
    says: "says the account's token",
  },
  {
    fault: "tries a token again that is not valid",
    definition: withSend(hook, async (send, message) => {
      const result = await send(message);
      return result.verdict?.do === "reauth" ? { ...result, verdict: { do: "retry" } } : result;
    }),
    foundBy: "says that its token is not valid",
    says: "needs the verdict reauth or stop_account, not retry",
  },
  {
    fault: "notifies nobody",
    definition: withSend(hook, (send, message) => send({ ...message, mentions: [] })),
    foundBy: "notifies exactly whom it is told to, once, whatever the text says",
    says: "not exactly the person meant is notified",
  },
  {
    fault: "notifies whoever a text names",
    definition: withSend(hook, (send, message) => {
      const named = [...message.text.matchAll(/<@(\w+)>/g)].map(([, id = ""]) => ({ id, name: id }));
      return send({ ...message, mentions: [...(message.mentions ?? []), ...named] });
    }),
    foundBy: "notifies exactly whom it is told to, once, whatever the text says",
    says: "a text alone notifies people",
  },
  {
    fault: "overtakes itself",
    definition: withSend(line, async (send, message) => {
      await pause(message.text.endsWith("0") ? 60 : 0);
      return send(message);
    }),
    foundBy: "keeps the order of what is sent without waiting",
    says: "shown in another",
  },
];

type Send = Connector["send"];

function withSend(
  definition: ConnectorDefinition,
  send: (real: Send, message: OutboundMessage) => Promise<SendResult>,
): ConnectorDefinition {
  return wrap(definition, (connector) => ({ send: (message) => send(connector.send, message) }));
}

function withHandler(definition: ConnectorDefinition, change: (handler: MessageHandler) => MessageHandler): ConnectorDefinition {
  return wrap(definition, (connector) => ({ subscribe: (handler) => connector.subscribe(change(handler)) }));
}

function withPowers(definition: ConnectorDefinition, powers: Powers): ConnectorDefinition {
  return wrap(definition, ({ can }) => ({ can: { ...can, ...powers } }));
}

function without(power: keyof Powers, can: Powers = {}): Powers {
  return Object.fromEntries(Object.entries(can).filter(([name]) => name !== power));
}

function wrap(
  definition: ConnectorDefinition,
  change: (connector: Connector, context: Parameters<ConnectorDefinition["factory"]>[1]) => Partial<Connector>,
): ConnectorDefinition {
  return {
    ...definition,
    factory: (config, context) => {
      const connector = definition.factory(config, context);
      return { ...connector, ...change(connector, context) };
    },
  };
}
