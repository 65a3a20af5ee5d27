/** The least an agent needs to speak ACP by hand, for agents that must do something no library would do. */
import { createInterface } from "node:readline";

export const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
export const say = (sessionId, text) =>
  send({
    method: "session/update",
    params: { sessionId, update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } } },
  });
export const initialized = { protocolVersion: 1, agentCapabilities: {}, agentInfo: { name: "test-agent", version: "1" } };

/** Each method answers with what its function returns; `undefined` means no answer at all. An unknown method is refused. */
export function answer(methods) {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === undefined) return methods.answered?.(JSON.parse(line));
    if (!methods[method]) return id !== undefined && send({ id, error: { code: -32601, message: "Method not found" } });
    const result = await methods[method](params, id);
    if (id !== undefined && result !== undefined) send({ id, ...(result.error || result.result ? result : { result }) });
  });
  return lines;
}
