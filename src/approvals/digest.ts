/** The digest of an action: what is shown, decided and executed is the same exactly when the digests are equal. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import { HubError } from "../contract/errors.ts";

/** SHA-256, hex, over the canonical JSON (RFC 8785) of the action. Throws `bad_request` for what has no canonical form. */
export function digestOf(action: ApprovalAsk["action"]): string {
  return createHash("sha256").update(canonicalJson(action), "utf8").digest("hex");
}

function canonicalJson(action: ApprovalAsk["action"]): string {
  try {
    JSON.stringify(action); // Throws for nesting so deep that nothing could write it down again; the library below does not.
    const text = canonicalize(action);
    if (text !== undefined) return text;
  } catch {
    // That, half a surrogate pair, or an infinite number.
  }
  throw new HubError("bad_request", { problems: "the action is not JSON with one canonical form (RFC 8785)" });
}
