/**
 * The rehearsal: a real ACP agent on stdin and stdout, offline and the same every time, so that the whole hub can be tried and tested
 * without an account. It knows nothing of the hub but the protocol and the MCP server it is handed.
 * Invariant: a prompt is in the ledger, on the disk, before the first word of its answer.
 */
import { dirname, join } from "node:path";
import { Readable, Writable } from "node:stream";
import { agent, methods, ndJsonStream, PROTOCOL_VERSION } from "@agentclientprotocol/sdk/unstable";
import { systemClock } from "../../../clock.ts";
import { createConversations } from "./conversations.ts";
import { filesIn } from "./given.ts";
import { createLedger } from "./ledger.ts";
import { createMemory } from "./memory.ts";
import { readSettings } from "./settings.ts";

/** Answers until its input ends, then ends the process. */
export async function serve(): Promise<never> {
  const { ledger, paceMs } = readSettings();
  const conversations = createConversations({
    ledger: createLedger(ledger, systemClock.now),
    memory: createMemory(join(dirname(ledger), "rehearsal-sessions")),
    clock: systemClock,
    paceMs,
  });

  const app = agent({ name: "mos-hub-rehearsal" })
    .onRequest(methods.agent.initialize, ({ params }) => {
      conversations.setCanElicit(Boolean(params.clientCapabilities?.elicitation?.form));
      return {
        protocolVersion: PROTOCOL_VERSION,
        agentInfo: { name: "mos-hub-rehearsal", title: "Rehearsal", version: "1" },
        agentCapabilities: {
          loadSession: true,
          promptCapabilities: { image: true, embeddedContext: true },
          mcpCapabilities: { http: true },
          sessionCapabilities: { resume: {}, list: {} },
        },
      };
    })
    .onRequest(methods.agent.session.new, ({ params }) => ({ sessionId: conversations.begin(params.mcpServers) }))
    .onRequest(methods.agent.session.resume, ({ params }) => {
      conversations.resume(params.sessionId, params.mcpServers ?? []);
      return {};
    })
    .onRequest(methods.agent.session.load, async ({ params: { sessionId, mcpServers }, client }) => {
      for (const { role, text } of conversations.resume(sessionId, mcpServers)) {
        const sessionUpdate = role === "user" ? "user_message_chunk" : "agent_message_chunk";
        await client.notify(methods.client.session.update, { sessionId, update: { sessionUpdate, content: { type: "text", text } } });
      }
      return {};
    })
    .onRequest(methods.agent.session.list, () => ({
      sessions: conversations.list().map((sessionId) => ({ sessionId, cwd: process.cwd() })),
    }))
    .onRequest(methods.agent.session.prompt, async ({ params: { sessionId, prompt }, client }) => {
      const text = prompt.map((block) => (block.type === "text" ? block.text : "")).join("");
      return conversations.answer(client, sessionId, { text, files: await filesIn(prompt) });
    })
    .onNotification(methods.agent.session.cancel, ({ params }) => conversations.stop(params.sessionId));

  const connection = app.connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
  await connection.closed;
  process.exit(0);
}
