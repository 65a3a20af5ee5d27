/**
 * A permission an agent asks for, as the hub's approval, and the decision as the agent's outcome. Pure.
 * Invariant: an approval is for this once; "always" is never chosen, and what cannot be allowed once cannot be allowed.
 */
import { approvalAsk, type ApprovalAsk } from "../../contract/orchestrator.ts";
import { mergeToolCall } from "./updates.ts";
import type { PermissionRequest, ToolCall } from "./wire.ts";

export type PermissionOutcome = { readonly outcome: "cancelled" } | { readonly outcome: "selected"; readonly optionId: string };

type Options = PermissionRequest["options"];

/** `known` is what was reported of the same tool call before: a request often names only its id. */
export function approvalOf(request: PermissionRequest, known: ToolCall | undefined): ApprovalAsk {
  const call = mergeToolCall(known, request.toolCall);
  const action = {
    tool: call.name ?? undefined,
    kind: call.kind ?? undefined,
    title: call.title ?? undefined,
    input: call.rawInput,
    locations: call.locations?.length ? call.locations : undefined,
    content: call.content?.length ? call.content : undefined,
  };
  return approvalAsk.parse({
    title: (call.title ?? call.name ?? "A tool call").slice(0, 300) || "A tool call",
    action: Object.fromEntries(Object.entries(action).filter(([, value]) => value !== undefined)),
    tool: (call.kind ?? call.name ?? undefined)?.slice(0, 200),
  });
}

export function canAllowOnce(options: Options): boolean {
  return options.some((option) => option.kind === "allow_once");
}

/** `approved` undefined: nobody waits for a decision any more. */
export function outcomeOf(options: Options, approved: boolean | undefined): PermissionOutcome {
  if (approved === undefined) return { outcome: "cancelled" };
  const wanted = approved ? "allow_once" : "reject_once";
  const option = options.find(({ kind }) => kind === wanted);
  return option ? { outcome: "selected", optionId: option.optionId } : { outcome: "cancelled" };
}
