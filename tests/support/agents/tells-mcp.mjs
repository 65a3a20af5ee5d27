/** An agent that writes into the file it is given how each of its sessions reaches the hub's MCP server: a line of JSON each. */
import { appendFileSync } from "node:fs";
import { answer, initialized, say } from "./json-lines.mjs";

let count = 0;

answer({
  initialize: () => initialized,
  "session/new": ({ mcpServers: [server] }) => {
    appendFileSync(process.argv[2], `${JSON.stringify(Object.fromEntries(server.env.map(({ name, value }) => [name, value])))}\n`);
    return { sessionId: `tells-${process.pid}-${++count}` };
  },
  "session/prompt": ({ sessionId }) => {
    say(sessionId, "done");
    return { stopReason: "end_turn" };
  },
});
