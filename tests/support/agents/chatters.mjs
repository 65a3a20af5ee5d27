/** Talks until it is stopped, or asks two hundred things at once and says how many were refused unasked. */
import { answer, initialized, say, send } from "./json-lines.mjs";

const stops = new Map();
let refused = 0;
let session = "";

answer({
  initialize: () => initialized,
  "session/new": () => ({ sessionId: "talk" }),
  "session/cancel": ({ sessionId }) => stops.get(sessionId)?.(),
  "session/prompt": async ({ sessionId, prompt }) => {
    session = sessionId;
    const isAsking = prompt[0].text.startsWith("ask");
    const options = [{ optionId: "o", name: "Once", kind: "allow_once" }];
    for (let at = 0; isAsking && at < 200; at += 1)
      send({ id: `ask-${at}`, method: "session/request_permission", params: { sessionId, toolCall: { toolCallId: `t${at}` }, options } });
    const talking = setInterval(() => isAsking || say(sessionId, "and another thing, "), 1);
    await new Promise((resolve) => stops.set(sessionId, resolve));
    clearInterval(talking);
    return { stopReason: "cancelled" };
  },
  answered: () => say(session, `refused ${++refused} `),
});
