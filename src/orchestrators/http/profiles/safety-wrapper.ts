/**
 * The hooks of a Safety Wrapper around an agent on a tenant's server. A tool call is classified there and asked about here; the grant that comes back
 * is used up where the call is made. What it hides as `SECRET_REF(name)` is never resolved and never changed. Pure.
 */
import { z } from "zod";
import type { ActionClass } from "../../../contract/message.ts";
import { approvalAsk } from "../../../contract/orchestrator.ts";
import { hook, type Hooks, sessionId, text } from "./profile.ts";

/** As the wrapper writes its classes, in any case and with any of its marks between the words. */
const CLASSES: Readonly<Record<string, ActionClass>> = {
  green: "green",
  yellow: "yellow",
  yellowexternal: "yellow_external",
  red: "red",
  criticalred: "critical_red",
};

const classification = z
  .string()
  .max(40)
  .transform((written, context) => {
    const found = CLASSES[written.toLowerCase().replace(/[^a-z]/g, "")];
    if (found) return found;
    context.addIssue({ code: "custom", message: "is none of Green, Yellow, Yellow+External, Red, Critical Red" });
    return z.NEVER;
  });

const call = { session: sessionId, call_id: text(100), tool: text(200) };
const tokens = z.number().int().min(0).max(1_000_000_000_000).default(0);

/** What concerns nobody but the wrapper; it is called anyway, and each call is a sign of life. */
const nothing = hook(z.looseObject({}), () => undefined);

export const SAFETY_WRAPPER_HOOKS: Hooks = {
  gateway_start: nothing,
  heartbeat: nothing,
  before_prompt_build: nothing,
  before_message_write: nothing,
  tool_result_persist: nothing,
  before_tool_call: hook(
    z.looseObject({
      ...call,
      arguments: approvalAsk.shape.action,
      classification,
      reason: text(2000).optional(),
      app: text(100).optional(),
    }),
    ({ session, call_id: id, tool, arguments: given, classification: found, reason, app }) => ({
      session,
      key: `call:${id}`,
      wantsDecision: true,
      events: [
        { type: "tool", id, title: tool, state: "pending" },
        {
          type: "approval_request",
          for_executor: true,
          ask: { title: `${tool}`, tool, class: found, reason, app, action: { tool, arguments: given } },
        },
      ],
    }),
  ),
  after_tool_call: hook(z.looseObject({ ...call, success: z.boolean(), summary: z.string().max(2000).optional() }), (body) => ({
    session: body.session,
    key: `called:${body.call_id}`,
    events: [{ type: "tool", id: body.call_id, title: body.tool, state: body.success ? "done" : "failed", summary: body.summary }],
  })),
  message_sending: hook(z.looseObject({ session: sessionId, text: text(100_000), message_id: text(100).optional() }), (body) => ({
    session: body.session,
    key: body.message_id && `message:${body.message_id}`,
    events: [{ type: "text", text: body.text }],
  })),
  llm_output: hook(
    z.looseObject({
      session: sessionId,
      output_id: text(100).optional(),
      agent: text(200).optional(),
      model: text(200),
      usage: z.looseObject({ input: tokens, output: tokens, cache_read: tokens, cache_write: tokens }),
    }),
    ({ session, output_id, agent, model, usage: { input, output, cache_read, cache_write } }) => ({
      session,
      key: output_id && `output:${output_id}`,
      events: [{ type: "usage", agent, model, input, output, cache_read, cache_write }],
    }),
  ),
  subagent_spawning: hook(
    z.looseObject({ session: sessionId, child: sessionId.optional(), agent: text(100), run_id: text(200) }),
    (body) => ({
      session: body.session,
      alias: body.child,
      key: `spawning:${body.run_id}`,
      events: [{ type: "subagent", id: body.run_id, title: body.agent, state: "running" }],
    }),
  ),
};
