/** Writes 3000 updates and the end of the turn at once, so that all of it arrives together. */
import { answer, initialized, send } from "./json-lines.mjs";

const update = (sessionId, text) => ({
  jsonrpc: "2.0",
  method: "session/update",
  params: { sessionId, update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } } },
});

answer({
  initialize: () => initialized,
  "session/new": () => ({ sessionId: "burst" }),
  "session/prompt": ({ sessionId }, id) => {
    const messages = Array.from({ length: 3000 }, (_, at) =>
      at % 2 === 0
        ? update(sessionId, `${at / 2} `)
        : {
            jsonrpc: "2.0",
            method: "session/update",
            params: { sessionId, update: { sessionUpdate: "tool_call", toolCallId: `t${at}`, title: `Tool ${at}` } },
          },
    );
    messages.push({ jsonrpc: "2.0", id, result: { stopReason: "end_turn" } });
    process.stdout.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
    send({ method: "session/update", params: { sessionId, update: { sessionUpdate: "from_the_future", anything: true } } });
  },
});
