/**
 * A stand-in for the hub's MCP server over HTTP: strict about headers, answers as JSON or as an event stream, and keeps a ledger of calls.
 * `approvals` says how the next approval is decided; `undefined` in the list means one more poll that finds it pending.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface McpStandIn {
  readonly url: string;
  readonly token: string;
  readonly calls: { readonly tool: string; readonly args: Record<string, unknown> }[];
  /** Headers or messages that were not as they should be. */
  readonly faults: string[];
  readonly decisions: ({ state: string; decided_by?: string; reason?: string } | undefined)[];
  readonly answers: (Record<string, unknown> | undefined)[];
  close(): Promise<void>;
}

const VERSION = "2025-06-18";
const SESSION = "mcp-session-1";

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

export async function startMcpStandIn(style: "json" | "stream"): Promise<McpStandIn> {
  const token = "tok_test";
  const calls: McpStandIn["calls"] = [];
  const faults: string[] = [];
  const decisions: McpStandIn["decisions"] = [];
  const answers: McpStandIn["answers"] = [];

  function tool(name: string, args: Record<string, unknown>): Record<string, unknown> {
    calls.push({ tool: name, args });
    switch (name) {
      case "request_approval":
        return { approval_id: "apr_1", code: "K7Q-M2X", state: "pending" };
      case "get_decision":
        return args["approval_id"] === "qst_1"
          ? { question_id: "qst_1", ...(answers.length > 0 ? { state: "answered", values: answers.shift() } : { state: "pending" }) }
          : { approval_id: args["approval_id"], code: "K7Q-M2X", ...(decisions.shift() ?? { state: "pending" }) };
      case "announce_deploy":
        return { deploy_id: args["deploy_id"] ?? `dep_${calls.length}` };
      case "share_canvas":
        return { canvas_id: "cnv_1" };
      case "ask_question":
        return { question_id: "qst_1", state: "pending" };
      default:
        throw new Error(`there is no tool ${name}`);
    }
  }

  function handle(message: { method: string; params: { name: string; arguments: Record<string, unknown> } }): object {
    if (message.method === "initialize")
      return { protocolVersion: VERSION, capabilities: { tools: {} }, serverInfo: { name: "stand-in", version: "1" } };
    try {
      const structuredContent = tool(message.params.name, message.params.arguments);
      return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
    } catch (error) {
      return { isError: true, content: [{ type: "text", text: error instanceof Error ? error.message : "" }] };
    }
  }

  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { headers } = request;
      if (headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end("no");
      if (headers["content-type"] !== "application/json") faults.push("content-type");
      if (headers.accept !== "application/json, text/event-stream") faults.push("accept");
      const message = JSON.parse(body);
      const isFirst = message.method === "initialize";
      if (!isFirst && headers["mcp-protocol-version"] !== VERSION) faults.push(`version at ${message.method}`);
      if (!isFirst && headers["mcp-session-id"] !== SESSION) faults.push(`session at ${message.method}`);
      if (message.id === undefined) return void response.writeHead(202).end();
      const answer = JSON.stringify({ jsonrpc: "2.0", id: message.id, result: handle(message) });
      const session = isFirst ? { "mcp-session-id": SESSION } : {};
      if (style === "json") return void response.writeHead(200, { "content-type": "application/json", ...session }).end(answer);
      response.writeHead(200, { "content-type": "text/event-stream", ...session });
      response.end(`event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\nevent: message\ndata: ${answer}\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    token,
    calls,
    faults,
    decisions,
    answers,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}
