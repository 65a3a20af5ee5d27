/** A well-behaved agent with no optional power: it forgets its sessions, takes MCP over stdio only, and refuses pings as unknown. */
import { randomBytes } from "node:crypto";
import { answer, initialized, say } from "./json-lines.mjs";

const sessions = new Map();
let count = 0;

answer({
  initialize: () => initialized,
  "session/new": ({ mcpServers, cwd }) => {
    const sessionId = `plain-${process.pid}-${++count}`;
    sessions.set(sessionId, { mcpServers, cwd, stop: undefined });
    return { sessionId };
  },
  "session/cancel": ({ sessionId }) => void sessions.get(sessionId)?.stop?.(),
  "session/prompt": async ({ sessionId, prompt }) => {
    const text = prompt[0].text;
    const session = sessions.get(sessionId);
    if (text === "crash") {
      say(sessionId, "half an ans");
      setTimeout(() => process.exit(3), 50);
      return undefined;
    }
    if (text.startsWith("slow")) {
      say(sessionId, "slowly");
      const stopped = await new Promise((resolve) => {
        session.stop = () => resolve(true);
        setTimeout(resolve, Number(text.split(" ")[1]) * 1000, false);
      });
      return { stopReason: stopped ? "cancelled" : "end_turn" };
    }
    if (text === "flood") for (let line = 1; line <= 5000; line += 1) say(sessionId, `line ${line}\n`);
    if (text === "binary") for (let count = 0; count < 200; count += 1) process.stdout.write(randomBytes(997));
    if (text === "binary") process.stdout.write("\n");
    if (text === "facts") say(sessionId, JSON.stringify({ ...session, env: process.env, prompt }));
    else say(sessionId, `Echo: ${text}`);
    return {
      stopReason: "end_turn",
      usage: { inputTokens: 3, outputTokens: 5, thoughtTokens: 2, cachedReadTokens: 7, cachedWriteTokens: 11, totalTokens: 28 },
    };
  },
});
