/**
 * What an agent reports while it works, in the hub's words. Pure: no I/O, no clock; one translation per session.
 * Invariant: the deltas of a turn joined together are the answer as it should be read, with a paragraph between separate utterances.
 */
import type { OrchestratorEvent, StepReport } from "../../contract/orchestrator.ts";
import { type Offer, offerIn, offersOfTool } from "./offered-files.ts";
import { createOptions, type Options } from "./options.ts";
import { type Content, type Tokens, type ToolCall, type Update, update as updateShape } from "./wire.ts";

/** Tool calls remembered of one turn; a permission request names its call only by id. */
const MAX_TOOLS = 500;

/** What an update says, in order; a file it offers has yet to be looked at. */
export type Told = OrchestratorEvent | { readonly type: "offer"; readonly offer: Offer };

export interface Translation {
  /** What one update tells, nothing for kinds the hub does not show (thoughts, replayed words of the person). */
  events(update: unknown): Told[];
  /** All that is known of a tool call of this turn. */
  tool(id: string): ToolCall | undefined;
  /** The model the agent said it uses. */
  model(): string;
  /** Forgets what belonged to the turn before. */
  newTurn(): void;
}

export function createTranslation(options: Options = createOptions()): Translation {
  let speech = silence();
  let tools = new Map<string, ToolCall>();
  let offered = new Set<string>();

  const model = (): string => options.valueOf("model") ?? "unknown";

  function rememberTool(call: ToolCall): ToolCall {
    const merged = mergeToolCall(tools.get(call.toolCallId), call);
    if (tools.has(call.toolCallId) || tools.size < MAX_TOOLS) tools.set(call.toolCallId, merged);
    return merged;
  }

  function events(raw: unknown): Told[] {
    const parsed = updateShape.safeParse(raw);
    if (!parsed.success) return [];
    const update = parsed.data;
    switch (update.sessionUpdate) {
      case "agent_message_chunk": {
        const offer = offerIn(update.content);
        if (offer !== undefined) {
          speech.isBroken = true;
          return [{ type: "offer", offer }];
        }
        const text = textOf(update.content);
        return text === "" ? [] : [{ type: "text_delta", text: joined(speech, text, update.messageId ?? undefined) }];
      }
      case "tool_call":
      case "tool_call_update":
        speech.isBroken = true;
        return [toolEvent(rememberTool(update)), ...offersOfTool(update.content ?? [], offered).map(asTold)];
      case "config_option_update":
        options.learn(update);
        return [];
      case "current_mode_update":
        options.modeIs(update.currentModeId);
        return [];
      default:
        return plainEvents(update, model());
    }
  }

  return {
    events,
    tool: (id) => tools.get(id),
    model,
    newTurn() {
      speech = silence();
      tools = new Map();
      offered = new Set();
    },
  };
}

function asTold(offer: Offer): Told {
  return { type: "offer", offer };
}

type PlainUpdate = Extract<Update, { sessionUpdate: "plan" | "notice" | "subagent_update" }>;

function plainEvents(update: PlainUpdate, model: string): OrchestratorEvent[] {
  switch (update.sessionUpdate) {
    case "plan":
      return [
        {
          type: "plan",
          steps: update.entries.map((entry, at) => ({ id: `step-${at + 1}`, title: entry.content, state: stepState(entry.status) })),
        },
      ];
    case "notice":
      return [{ type: "notice", level: noticeLevel(update.severity), text: [update.title, update.description].filter(Boolean).join(": ") }];
    case "subagent_update":
      return subagentEvents(update, model);
    default:
      return update satisfies never;
  }
}

// Text

interface Speech {
  lastMessageId: string | undefined;
  hasSpoken: boolean;
  endsParagraph: boolean;
  /** Something else happened since the last words. */
  isBroken: boolean;
}

function silence(): Speech {
  return { lastMessageId: undefined, hasSpoken: false, endsParagraph: false, isBroken: false };
}

function joined(speech: Speech, text: string, messageId: string | undefined): string {
  const isOther = messageId !== undefined && speech.lastMessageId !== undefined && messageId !== speech.lastMessageId;
  const needsBreak = speech.hasSpoken && (speech.isBroken || isOther) && !speech.endsParagraph && !text.startsWith("\n");
  Object.assign(speech, {
    lastMessageId: messageId ?? speech.lastMessageId,
    hasSpoken: true,
    isBroken: false,
    endsParagraph: text.endsWith("\n"),
  });
  return needsBreak ? `\n\n${text}` : text;
}

function textOf(content: Content): string {
  switch (content.type) {
    case "text":
      return content.text ?? "";
    case "resource_link":
      return !content.uri ? "" : `[${content.name ?? content.uri}](${content.uri})`;
    case "resource":
      return content.resource?.text ?? content.resource?.uri ?? "";
    default:
      return `[${content.type}]`;
  }
}

// Steps

/** An update names only what changed; null and absent leave what was known. */
export function mergeToolCall(known: ToolCall | undefined, change: ToolCall): ToolCall {
  const merged: Record<string, unknown> = { ...known };
  for (const [name, value] of Object.entries(change)) if (value !== undefined && value !== null) merged[name] = value;
  return { ...merged, toolCallId: change.toolCallId };
}

function toolEvent(call: ToolCall): OrchestratorEvent {
  return {
    type: "tool",
    id: call.toolCallId,
    title: call.title ?? call.name ?? call.kind ?? "tool",
    state: stepState(call.status ?? "pending"),
  };
}

function stepState(status: string): NonNullable<StepReport["state"]> {
  switch (status) {
    case "in_progress":
      return "running";
    case "completed":
      return "done";
    case "failed":
      return "failed";
    default:
      return "pending";
  }
}

function noticeLevel(severity: string): "info" | "warning" | "error" {
  return severity === "warning" || severity === "error" ? severity : "info";
}

function subagentEvents(update: Extract<Update, { sessionUpdate: "subagent_update" }>, model: string): OrchestratorEvent[] {
  const { state } = update;
  const report: OrchestratorEvent = {
    type: "subagent",
    id: update.sessionId,
    title: update.title ?? undefined,
    state: state ? subagentState(state) : undefined,
    summary: state?.error?.message ?? update.description ?? undefined,
  };
  return state?.usage ? [report, usageEvent(state.usage, update.title ?? update.sessionId, model)] : [report];
}

function subagentState(state: { state: string; stopReason?: string | null | undefined }): StepReport["state"] {
  switch (state.state) {
    case "running":
    case "requires_action":
      return "running";
    case "idle":
      return ["end_turn", undefined, null].includes(state.stopReason) ? "done" : "failed";
    default:
      return undefined;
  }
}

// Usage

/** Thought tokens are paid for as output, so they are counted there. */
export function usageEvent(tokens: Tokens, agent: string, model: string): OrchestratorEvent {
  return {
    type: "usage",
    agent,
    model,
    input: tokens.inputTokens ?? 0,
    output: (tokens.outputTokens ?? 0) + (tokens.thoughtTokens ?? 0),
    cacheRead: tokens.cachedReadTokens ?? 0,
    cacheWrite: tokens.cachedWriteTokens ?? 0,
  };
}
