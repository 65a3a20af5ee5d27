/** Asks for leave and for answers in every form there is, and says what it was told. */
import { answer, initialized, say, send } from "./json-lines.mjs";

const waiting = new Map();
let count = 0;
const request = (method, params) =>
  new Promise((resolve) => {
    const id = `ask-${++count}`;
    waiting.set(id, resolve);
    send({ id, method, params });
  });

const call = { toolCallId: "t1", title: "Delete all", kind: "delete", rawInput: { path: "/srv" } };
const options = [
  { optionId: "o-always", name: "Always", kind: "allow_always" },
  { optionId: "o-once", name: "Once", kind: "allow_once" },
  { optionId: "o-no", name: "No", kind: "reject_once" },
];

const asks = {
  permission: (sessionId) => request("session/request_permission", { sessionId, toolCall: { toolCallId: "t1" }, options }),
  always: (sessionId) =>
    request("session/request_permission", { sessionId, toolCall: { toolCallId: "t1" }, options: [options[0], options[2]] }),
  form: (sessionId) =>
    request("elicitation/create", {
      sessionId,
      mode: "form",
      message: "How many?",
      requestedSchema: {
        type: "object",
        properties: { n: { type: "integer", title: "Number" }, tags: { type: "array", items: { type: "string", enum: ["a", "b"] } } },
        required: ["n"],
      },
    }),
  url: (sessionId) =>
    request("elicitation/create", {
      sessionId,
      mode: "url",
      message: "Sign in",
      elicitationId: "e1",
      url: "https://login.example.internal/x",
    }),
  withdrawn: (sessionId) => {
    const asked = request("session/request_permission", { sessionId, toolCall: { toolCallId: "t1" }, options });
    setTimeout(() => send({ method: "$/cancel_request", params: { requestId: `ask-${count}` } }), 50);
    return asked;
  },
  file: () => request("fs/read_text_file", { sessionId: "s", path: "/etc/passwd" }),
  errand: async (sessionId) => {
    const url = "https://login.example.internal/x";
    const asked = request("elicitation/create", { sessionId, mode: "url", message: "Sign in", elicitationId: "e2", url });
    setTimeout(() => send({ method: "elicitation/complete", params: { elicitationId: "e2" } }), 100);
    return asked;
  },
};

answer({
  initialize: () => initialized,
  "session/new": () => ({ sessionId: `asks-${++count}` }),
  "session/cancel": () => undefined,
  "session/prompt": async ({ sessionId, prompt }) => {
    send({ method: "session/update", params: { sessionId, update: { sessionUpdate: "tool_call", ...call, status: "pending" } } });
    // Any other request, as JSON: method and params.
    const text = prompt[0].text;
    const [method, params] = text.startsWith("[") ? JSON.parse(text) : [];
    const told = await (method ? request(method, { sessionId, ...params }) : asks[text](sessionId));
    say(sessionId, JSON.stringify(told.result ?? told.error));
    return { stopReason: told.result?.outcome?.outcome === "cancelled" ? "cancelled" : "end_turn" };
  },
  answered: (message) => waiting.get(message.id)?.(message),
});
