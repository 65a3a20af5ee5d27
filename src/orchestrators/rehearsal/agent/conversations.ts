/** The conversations of the rehearsal: begun, resumed, and one answer at a time in each. */
import { randomUUID } from "node:crypto";
import { type AgentContext, type PromptResponse, RequestError, type StopReason } from "@agentclientprotocol/sdk/unstable";
import type { Clock } from "../../../clock.ts";
import type { GivenFile } from "./given.ts";
import { createHubTools, findHttpServer, type HubTools } from "./hub-tools.ts";
import type { Ledger } from "./ledger.ts";
import type { Conversation, Memory } from "./memory.ts";
import { createTalk, Stopped, type Talk } from "./talk.ts";
import { play } from "./words.ts";

const LABEL = "*Rehearsal: an offline stand-in answers here, no real agent. Say `help` for what it knows.*\n\n";

export interface ConversationsSetup {
  readonly ledger: Ledger;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly paceMs: number;
}

export interface Given {
  readonly text: string;
  readonly files: readonly GivenFile[];
}

export interface Conversations {
  setCanElicit(canElicit: boolean): void;
  /** Returns the id of the new conversation. */
  begin(mcpServers: readonly unknown[]): string;
  /** Returns what was said so far. Throws "not found" for an id it does not know. */
  resume(sessionId: string, mcpServers: readonly unknown[]): Conversation["history"];
  list(): string[];
  answer(client: AgentContext, sessionId: string, given: Given): Promise<PromptResponse>;
  stop(sessionId: string): void;
}

interface Open {
  readonly conversation: Conversation;
  readonly hub: HubTools | undefined;
  /** Stops the answer that is being given. */
  stop: (() => void) | undefined;
}

export function createConversations({ ledger, memory, clock, paceMs }: ConversationsSetup): Conversations {
  const opened = new Map<string, Open>();
  let canElicit = false;

  function open(sessionId: string, conversation: Conversation, mcpServers: readonly unknown[]): void {
    const server = findHttpServer(mcpServers);
    opened.set(sessionId, { conversation, hub: server && createHubTools(server), stop: undefined });
  }

  async function answer(client: AgentContext, sessionId: string, { text, files }: Given): Promise<PromptResponse> {
    const session = opened.get(sessionId);
    if (!session) throw RequestError.sessionNotFound(sessionId);
    if (session.stop) throw RequestError.invalidRequest(undefined, "an answer is still being given in this session");
    const { conversation, hub } = session;
    const promptIndex = (conversation.prompts += 1);
    const listed = files.map(({ name, mimeType, sizeBytes, as }) => ({ name, mimeType, sizeBytes, as }));
    ledger.append({ event: "prompt", agentSessionId: sessionId, promptIndex, text, ...(listed.length > 0 ? { files: listed } : {}) });
    conversation.history.push({ role: "user", text });
    memory.keep(sessionId, conversation);

    const controller = new AbortController();
    session.stop = () => controller.abort();
    const talk = createTalk({
      client,
      sessionId,
      signal: controller.signal,
      clock,
      paceMs,
      hub,
      canElicit,
      files,
      shop: conversation.shop,
    });
    try {
      const stopReason = await give(talk, text, promptIndex === 1);
      ledger.append({ event: stopReason === "cancelled" ? "cancelled" : "finished", agentSessionId: sessionId, promptIndex });
      return { stopReason, usage: usageOf(text, talk.said(), conversation) };
    } finally {
      session.stop = undefined;
      conversation.history.push({ role: "agent", text: talk.said() });
      memory.keep(sessionId, conversation);
    }
  }

  return {
    setCanElicit(can) {
      canElicit = can;
    },
    begin(mcpServers) {
      const sessionId = `rehearsal-${randomUUID()}`;
      const conversation: Conversation = { prompts: 0, history: [], shop: {} };
      memory.keep(sessionId, conversation);
      open(sessionId, conversation, mcpServers);
      return sessionId;
    },
    resume(sessionId, mcpServers) {
      const conversation = memory.recall(sessionId);
      if (!conversation) throw RequestError.sessionNotFound(sessionId);
      open(sessionId, conversation, mcpServers);
      return conversation.history;
    },
    list: memory.list,
    answer,
    stop: (sessionId) => opened.get(sessionId)?.stop?.(),
  };
}

async function give(talk: Talk, text: string, isFirst: boolean): Promise<StopReason> {
  try {
    if (isFirst) await talk.say(LABEL);
    if (talk.files.length > 0) await talk.say(`I was given:\n\n${talk.files.map(listLine).join("\n")}\n\n`);
    await play(talk, text);
    return "end_turn";
  } catch (error) {
    if (error instanceof Stopped) return "cancelled";
    await talk.say(`That did not work: ${error instanceof Error ? error.message : "unknown reason"}`);
    return "end_turn";
  }
}

function listLine({ name, mimeType, sizeBytes }: GivenFile): string {
  return `- ${name} (${mimeType}, ${sizeBytes} bytes)`;
}

/** Four characters a token, as a rule of thumb; what was said before counts as read from a cache. */
function usageOf(text: string, said: string, { history }: Conversation) {
  const tokens = (length: number): number => Math.ceil(length / 4);
  const inputTokens = tokens(text.length);
  const outputTokens = tokens(said.length);
  const cachedReadTokens = tokens(history.slice(0, -1).reduce((sum, part) => sum + part.text.length, 0));
  return {
    inputTokens,
    outputTokens,
    cachedReadTokens,
    cachedWriteTokens: inputTokens,
    totalTokens: inputTokens * 2 + outputTokens + cachedReadTokens,
  };
}
