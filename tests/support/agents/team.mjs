/** Has two helpers of its own, one inside the other; the inner one asks for leave. */
import { answer, initialized, say, send } from "./json-lines.mjs";

const update = (sessionId, change) => send({ method: "session/update", params: { sessionId, update: change } });
let end;

answer({
  initialize: () => initialized,
  "session/new": () => ({ sessionId: "parent" }),
  "session/prompt": async () => {
    update("parent", {
      sessionUpdate: "subagent_update",
      sessionId: "child",
      title: "Archon",
      description: "plans",
      state: { state: "running" },
    });
    update("child", { sessionUpdate: "subagent_update", sessionId: "grandchild", title: "Forge", state: { state: "running" } });
    say("child", "talk among helpers");
    const options = [{ optionId: "yes", name: "Once", kind: "allow_once" }];
    send({
      id: "p",
      method: "session/request_permission",
      params: { sessionId: "grandchild", toolCall: { toolCallId: "x", title: "Build" }, options },
    });
    await new Promise((resolve) => (end = resolve));
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    update("parent", {
      sessionUpdate: "subagent_update",
      sessionId: "child",
      title: "Archon",
      state: { state: "idle", stopReason: "end_turn", usage },
    });
    update("child", {
      sessionUpdate: "subagent_update",
      sessionId: "grandchild",
      title: "Forge",
      state: { state: "idle", stopReason: "error", error: { code: 1, message: "no disk" } },
    });
    return { stopReason: "end_turn" };
  },
  answered: () => end?.(),
});
