/** Prints one line of 40 MB without a message in it, then works. */
import { answer, initialized, say } from "./json-lines.mjs";

const piece = "x".repeat(1024 * 1024);
for (let at = 0; at < 40; at += 1) process.stdout.write(piece);
process.stdout.write("\n");
answer({
  initialize: () => initialized,
  "session/new": () => ({ sessionId: "huge" }),
  "session/prompt": ({ sessionId }) => (say(sessionId, "small"), { stopReason: "end_turn" }),
});
