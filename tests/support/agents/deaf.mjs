/** Reads nothing any more once it has a session. */
import { answer, initialized } from "./json-lines.mjs";

const lines = answer({
  initialize: () => initialized,
  "session/new": () => {
    setImmediate(() => {
      lines.pause();
      process.stdin.pause();
    });
    return { sessionId: "deaf" };
  },
});
setInterval(() => {}, 1000);
