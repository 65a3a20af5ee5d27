/** Prints 8 MB of log lines, JSON ones among them, before and between its answers, and works all the same. */
import { answer, initialized, say } from "./json-lines.mjs";

const log = () => process.stdout.write(`DEBUG nothing to see\n{"level":30,"msg":"json, but no message"}\n[1,2]\n42\n`.repeat(16_000));
log();
answer({
  initialize: () => initialized,
  "session/new": () => (log(), { sessionId: "chatty" }),
  "session/prompt": ({ sessionId }) => (log(), say(sessionId, "clean"), log(), { stopReason: "end_turn" }),
});
