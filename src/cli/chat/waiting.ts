/**
 * That people are waited for, told to whoever waits in a shell: what is asked, who may decide, and what to type. Pure.
 * What is asked came from an agent and is neutralised where it is printed.
 */
import type { z } from "zod";
import type { requestShape } from "../../api/approval-shapes.ts";
import type { ApprovalCard, QuestionCard } from "../../contract/message.ts";
import { neutralise } from "./text-cells.ts";

/** A line of `chat --once --json`, one for each request. */
export interface WaitingEvent {
  readonly type: "waiting";
  readonly kind: "approval" | "question";
  readonly code: string;
  readonly asks: string;
  /** In words, by role. */
  readonly who: string;
  /** Commands, each of which ends the wait. */
  readonly how: readonly string[];
  /** Epoch ms. */
  readonly expiresAt?: number | undefined;
}

/** `typed`: our commands in a text, as they are typed here. */
export function waitingFor(request: z.output<typeof requestShape>, typed: (text: string) => string): WaitingEvent {
  const { type: kind, code, who } = request;
  const asks = request.type === "approval" ? request.title : request.text;
  const expiresAt = request.type === "approval" ? request.expiresAt : undefined;
  return { type: "waiting", kind, code, asks, who, how: howInShell(request).map(typed), expiresAt };
}

export function waitingWords({ kind, code, asks, who, how }: WaitingEvent): string {
  const what = kind === "approval" ? "a decision on" : "an answer to";
  const line = neutralise(`Waiting for ${what} ${code}: ${asks}. Who may: ${who}.`).replaceAll("\n", " ");
  return [line, ...how.map((command) => `  ${command}`)].join("\n");
}

export function howInShell({ type, code }: Pick<ApprovalCard | QuestionCard, "type" | "code">): string[] {
  if (type === "question") return [`mos-hub chat --once "!answer ${code} …"`];
  return [`mos-hub approvals approve ${code}`, `mos-hub approvals deny ${code} reason`];
}
