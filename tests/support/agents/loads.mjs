/** Can load, not resume: replays a long conversation before it says that the session is open. Names its model. */
import { answer, say, send } from "./json-lines.mjs";

const configOptions = [{ id: "m", name: "Model", category: "model", type: "select", currentValue: "opus-9", options: [] }];

answer({
  initialize: () => ({ protocolVersion: 1, agentCapabilities: { loadSession: true, mcpCapabilities: { http: true } } }),
  "session/new": () => ({ sessionId: "new-one", configOptions }),
  "session/load": ({ sessionId }) => {
    if (sessionId !== "old-one") return { error: { code: -32002, message: "Resource not found" } };
    for (let at = 0; at < 100; at += 1) {
      send({
        method: "session/update",
        params: { sessionId, update: { sessionUpdate: "user_message_chunk", content: { type: "text", text: "old" } } },
      });
      say(sessionId, `said long ago ${at}`);
    }
    return { configOptions };
  },
  "session/prompt": ({ sessionId, prompt }) => {
    if (prompt[0].text === "forget") return { error: { code: -32002, message: "Resource not found", data: { sessionId } } };
    if (prompt[0].text === "fail") return { error: { code: -32603, message: "the model is overloaded" } };
    if (prompt[0].text === "nonsense") return { result: { stop: "?" } };
    if (prompt[0].text.startsWith("end ")) return { stopReason: prompt[0].text.slice(4) };
    say(sessionId, `in ${sessionId}`);
    return { stopReason: "end_turn", usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } };
  },
});
