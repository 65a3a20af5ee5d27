/** Takes a prompt, says something, and never ends the turn, not even when it is cancelled. It answers everything else. */
import { answer, initialized, say } from "./json-lines.mjs";

answer({
  initialize: () => initialized,
  "session/new": () => ({ sessionId: "endless" }),
  "session/cancel": () => undefined,
  "session/prompt": ({ sessionId }) => void say(sessionId, "thinking"),
});
