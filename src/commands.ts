/** What a message asks of the hub itself rather than of the orchestrator. Pure; the words are the same on every platform. */
import { parseCode } from "./contract/ids.ts";
import type { PersonEvent } from "./contract/message.ts";

export const COMMANDS = [
  "help",
  "status",
  "health",
  "new",
  "stop",
  "mode",
  "queue",
  "drop",
  "options",
  "set",
  "sessions",
  "bind",
  "move",
  "mirror",
  "leave",
  "usage",
  "where",
  "approvals",
  "rules",
  "deploys",
  "canvas",
  "follow",
  "unfollow",
  "mute",
  "unmute",
  "rollback",
  "promote",
  "pair",
] as const;
export type CommandName = (typeof COMMANDS)[number];

export type Intent =
  | { readonly type: "command"; readonly name: CommandName; readonly argument: string }
  | {
      readonly type: "decision";
      readonly verdict: "approve" | "deny";
      readonly code: string;
      readonly reason: string | undefined;
      readonly always?: true;
    }
  | { readonly type: "answer"; readonly code: string; readonly text: string }
  | { readonly type: "unknown_command"; readonly name: string }
  | { readonly type: "talk" };

/** `!word` is always ours; `approve CODE` and `deny CODE reason` also without the mark, but only with a code. A plain "yes" decides nothing. */
export function intentOf(text: string): Intent {
  const match = /^(!?)([a-z_-]+)(?:\s+([\s\S]*))?$/i.exec(text.trim());
  if (!match) return { type: "talk" };
  const [, mark, word = "", rest = ""] = match;
  const name = word.toLowerCase();
  const coded = name === "approve" || name === "deny" || name === "answer" ? withCode(name, rest) : undefined;
  if (coded) return coded;
  if (!mark) return { type: "talk" };
  return isCommand(name) ? { type: "command", name, argument: rest.trim() } : { type: "unknown_command", name };
}

/** A decision on a request, however it was made: typed with its code, or pressed on its card. */
export function isDecision(event: PersonEvent): boolean {
  if (event.type === "action") return !/^(?:question|canvas|deploy):/.test(event.subject);
  return event.type === "message" && intentOf(event.text).type === "decision";
}

/** Taking strangers in, or looking who waits. */
export function isPairing(event: PersonEvent): boolean {
  const intent = event.type === "message" ? intentOf(event.text) : undefined;
  return intent?.type === "command" && intent.name === "pair";
}

function isCommand(name: string): name is CommandName {
  return (COMMANDS as readonly string[]).includes(name);
}

function withCode(name: "approve" | "deny" | "answer", rest: string): Intent | undefined {
  const [first = "", ...others] = rest.trim().split(/\s+/);
  const code = parseCode(first);
  if (!code) return undefined;
  const text = others.join(" ");
  if (name === "answer") return { type: "answer", code, text };
  if (name === "approve" && text.toLowerCase() === "always")
    return { type: "decision", verdict: name, code, reason: undefined, always: true };
  return { type: "decision", verdict: name, code, reason: text === "" ? undefined : text };
}
