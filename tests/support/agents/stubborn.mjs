/** Goes on without input and ignores SIGTERM; has a helper process of its own that does the same. */
import { spawn } from "node:child_process";
import { answer, initialized, say } from "./json-lines.mjs";

process.on("SIGTERM", () => {});
const helper = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: "ignore" });
setInterval(() => {}, 1000);
answer({
  initialize: () => initialized,
  "session/new": () => ({ sessionId: "stubborn" }),
  "session/prompt": ({ sessionId }) => (
    say(sessionId, JSON.stringify({ pid: process.pid, helper: helper.pid })),
    { stopReason: "end_turn" }
  ),
});
