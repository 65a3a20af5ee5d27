/** Saying something to a chat in the hub's own name. */
import type { ApiParts } from "../parts.ts";
import { addressFor, deliveryOf, postMessage } from "../posting.ts";
import { type Route, route } from "../route.ts";
import { messageTaken, messageToSend } from "../shapes.ts";

export function messageRoutes(parts: ApiParts): Route[] {
  const { connectors, settings } = parts;
  return [
    route({
      method: "post",
      path: "/v1/messages",
      summary: "Say something to a chat in the hub's own name; with an Idempotency-Key at most once",
      takesKey: true,
      scope: "chat",
      body: messageToSend,
      status: 202,
      answer: messageTaken,
      handle: ({ body, caller, idempotencyKey: key }) => {
        const address = addressFor(body, { connectors, homes: settings.homes });
        return postMessage({ address, text: body.text, delivery: deliveryOf({ of: "message", key, sent: body }, caller) }, caller, parts);
      },
    }),
  ];
}
