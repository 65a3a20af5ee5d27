/**
 * The hub's MCP server as the rehearsal uses it: a tiny client over HTTP POST, answers as JSON or as an event stream.
 * It knows no tool of the hub beyond the names its callers give. Every failure is an Error whose message can be shown in the chat.
 */
import { z } from "zod";

const PROTOCOL_VERSION = "2025-06-18";
/** The hub answers within 30 s. */
const ANSWER_WITHIN_MS = 45_000;

const server = z.object({
  type: z.literal("http"),
  url: z.string(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type HttpServer = z.infer<typeof server>;

const answer = z.object({
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
});

const toolResult = z.object({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })).default([]),
});

export interface HubTools {
  /** Calls a tool and returns its structured content. Rejects with a reason a person can read, or when `signal` fires. */
  call(tool: string, args: Record<string, unknown>, signal: AbortSignal): Promise<Record<string, unknown>>;
}

/** The first server of the session that is reached over HTTP, if there is one. */
export function findHttpServer(servers: readonly unknown[]): HttpServer | undefined {
  for (const candidate of servers) {
    const parsed = server.safeParse(candidate);
    if (parsed.success) return parsed.data;
  }
  return undefined;
}

export function createHubTools({ url, headers }: HttpServer): HubTools {
  const learnt: Record<string, string> = {};
  let nextId = 1;
  let ready: Promise<void> | undefined;

  async function post(message: { method: string; params?: unknown; id?: number }, signal: AbortSignal) {
    const given = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));
    const response = await fetch(url, {
      method: "POST",
      redirect: "error",
      headers: { ...given, "content-type": "application/json", accept: "application/json, text/event-stream", ...learnt },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    const session = response.headers.get("mcp-session-id");
    if (session !== null) learnt["mcp-session-id"] = session;
    const text = await response.text();
    if (message.id === undefined) return {};
    const found = answersIn(text).find((candidate) => candidate.result ?? candidate.error);
    if (!found) throw new Error(`the hub answered with status ${response.status}`);
    if (found.error) throw new Error(found.error.message);
    return found.result ?? {};
  }

  async function introduce(signal: AbortSignal): Promise<void> {
    const params = { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: "mos-hub-rehearsal", version: "1" } };
    const { protocolVersion } = await post({ id: nextId++, method: "initialize", params }, signal);
    learnt["mcp-protocol-version"] = typeof protocolVersion === "string" ? protocolVersion : PROTOCOL_VERSION;
    await post({ method: "notifications/initialized" }, signal);
  }

  return {
    async call(tool, args, signal) {
      ready ??= introduce(signal).catch((error: unknown) => {
        ready = undefined;
        throw error;
      });
      await ready;
      const result = toolResult.parse(await post({ id: nextId++, method: "tools/call", params: { name: tool, arguments: args } }, signal));
      const words = result.content
        .map((part) => part.text ?? "")
        .join(" ")
        .trim();
      if (result.isError) throw new Error(words || `the hub refused ${tool}`);
      return result.structuredContent ?? {};
    },
  };
}

function answersIn(text: string): z.infer<typeof answer>[] {
  const bodies = text.trimStart().startsWith("{") ? [text] : [...text.matchAll(/^data: ?(.*)$/gm)].map((line) => line[1] ?? "");
  return bodies.flatMap((body) => {
    try {
      const parsed = answer.safeParse(JSON.parse(body));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
