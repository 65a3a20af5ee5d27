/**
 * Whether a form asks a person to type a secret. Pure. What is typed in a chat stays in its history, and an agent that asks for a password may have been
 * told to by a page it read. A choice between given answers asks for none.
 */
import type { QuestionAsk } from "../contract/orchestrator.ts";

const SECRET = new RegExp(
  String.raw`\b(?:pass[\s_-]?(?:word|phrase|code)|pwd|secret|(?:api|private|access|signing|encryption|ssh|license)[\s_-]?keys?|(?:access|auth|api|bot|bearer|refresh|session)?[\s_-]?token|credentials?|pin(?:[\s_-]?code)?|otp|2fa|one[\s_-]time[\s_-]code|recovery[\s_-](?:code|phrase)|seed[\s_-]phrase|cvv|card[\s_-]number)\b`,
  "iu",
);

/** What it asks for, in its own words; undefined when it is no secret. */
export function secretAskedFor({ text, fields }: Pick<QuestionAsk, "text" | "fields">): string | undefined {
  const typed = fields.filter(({ kind }) => kind === "text" || kind === "number");
  const named = typed.find(({ name, label }) => SECRET.test(spaced(label)) || SECRET.test(spaced(name)));
  if (named) return named.label;
  return typed.length > 0 ? ASKING.exec(text)?.[0] : undefined;
}

/** A text that only speaks of a secret asks for none: it says to give one. */
const ASKING = new RegExp(
  String.raw`\b(?:your|enter|type|paste|send|give|provide|tell|share|what(?:'s| is)(?: the| your)?)\b[^.?!\n]{0,40}?${SECRET.source}`,
  "iu",
);

/** `apiKey` as two words. */
function spaced(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ");
}
