/** An agent of the ACP SDK that listens on a port of this machine, over WebSocket and over streamable HTTP, and wants a token. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { agent, methods } from "@agentclientprotocol/sdk/unstable";
import { createNodeHttpHandler, createNodeWebSocketUpgradeHandler } from "@agentclientprotocol/sdk/experimental/node";
import { AcpServer } from "@agentclientprotocol/sdk/experimental/server";
import { WebSocketServer } from "ws";

export interface ListeningAgent {
  readonly port: number;
  /** Every connection is cut, as when the agent's machine dies; it goes on listening. */
  cut(): void;
  /** What the client said in `session/new`. */
  readonly opened: Record<string, unknown>[];
  end(): Promise<void>;
}

export async function createListeningAgent(token: string): Promise<ListeningAgent> {
  const opened: Record<string, unknown>[] = [];
  const acp = new AcpServer({ createAgent: () => talker(opened) });
  const sockets = new Set<Socket>();
  const handle = createNodeHttpHandler(acp);
  const isKnown = (header: string | undefined): boolean => header === `Bearer ${token}`;
  const server: Server = createServer((request, response) => {
    if (isKnown(request.headers.authorization)) return handle(request, response);
    response.writeHead(401).end();
  });
  const upgrade = createNodeWebSocketUpgradeHandler(acp, new WebSocketServer({ noServer: true }) as never);
  server.on("upgrade", (request, socket, head) => {
    if (isKnown(request.headers.authorization)) upgrade(request, socket, head);
    else socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    opened,
    async end() {
      cut();
      await acp.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function talker(opened: Record<string, unknown>[]) {
  const stops = new Map<string, () => void>();
  let count = 0;
  return agent({ name: "far" })
    .onRequest(methods.agent.initialize, () => ({
      protocolVersion: 1,
      agentInfo: { name: "far", version: "1" },
      agentCapabilities: { loadSession: false, sessionCapabilities: { resume: {} } },
    }))
    .onRequest(methods.agent.session.new, ({ params }) => {
      opened.push(params);
      return { sessionId: `far-${(count += 1)}` };
    })
    .onRequest(methods.agent.session.resume, () => ({}))
    .onNotification(methods.agent.session.cancel, ({ params }) => stops.get(params.sessionId)?.())
    .onRequest(methods.agent.session.prompt, async ({ params: { sessionId, prompt }, client }) => {
      const text = prompt.map((block) => (block.type === "text" ? block.text : block.type)).join(" + ");
      await client.notify(methods.client.session.update, {
        sessionId,
        update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text: `Echo: ${text}` } },
      });
      if (!text.startsWith("slow")) return { stopReason: "end_turn" as const };
      await new Promise<void>((resolve) => stops.set(sessionId, resolve));
      return { stopReason: "cancelled" as const };
    });
}
