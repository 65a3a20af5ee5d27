/** What is wrong with what was sent or asked for. */
import type { ErrorEntry } from "./entry.ts";

export const REQUEST_ERRORS = {
  message_too_long: {
    sentence: "The message is {bytes} bytes long; at most {max} are taken.",
    remedy: "Send it in parts, or as a file.",
    verdict: "drop",
    exitCode: 65,
  },
  file_too_large: {
    sentence: 'The file "{name}" is larger than {max}, the most that is taken.',
    remedy: "Send it in parts or compressed, or raise limits.file_bytes in hub.yaml.",
    verdict: "drop",
    exitCode: 65,
  },
  unsent_files: {
    sentence: "You have sent up {count} files that go with no message yet; there is no room for more.",
    remedy: "Send them with a message. What goes with none is forgotten after a day.",
    verdict: "drop",
    exitCode: 65,
  },
  bad_request: {
    sentence: "The request could not be understood: {problems}",
    remedy: "Correct what is named and send it again.",
    verdict: "drop",
    exitCode: 64,
  },
  key_reused: {
    sentence: "This idempotency key or delivery id came with something else before, which was taken; this was not.",
    remedy: "Send what is new under a key of its own; only the same is sent again under the same key.",
    verdict: "drop",
    exitCode: 65,
  },
  not_found: {
    sentence: "There is no {what} {id}.",
    remedy: "Check the spelling; lists show what there is.",
    verdict: "drop",
    exitCode: 66,
  },
  ambiguous_id: {
    sentence: "{id} belongs to several: {candidates}.",
    remedy: "Ask for one of them.",
    verdict: "drop",
    exitCode: 66,
  },
  not_signed_in: {
    sentence: "You are not signed in.",
    remedy:
      "Run the command as the user who runs the hub, on the same data folder; send a valid token; or sign a browser in with: mos-hub open",
    verdict: "reauth",
    exitCode: 77,
  },
  webhook_unsigned: {
    sentence: "This delivery is not signed with the secret of this webhook.",
    remedy: "Set the same secret at the service and in the variable that secret_env names, and sign the raw body.",
    verdict: "reauth",
    exitCode: 77,
  },
  link_void: {
    sentence: "This sign-in link is not valid: it was used already, has expired, or was never made.",
    remedy: "Get a new one with: mos-hub open",
    verdict: "reauth",
    exitCode: 77,
  },
  canvas_unknown: {
    sentence: "There is no canvas at this address.",
    remedy: "Open it from its card in the conversation.",
    verdict: "drop",
    exitCode: 66,
  },
  canvas_approval_unknown: {
    sentence: "There is no approval of this conversation {id}, as content.approvals names it.",
    remedy:
      'Name approvals by the approval_id (over HTTP ask_id) that you were given in this conversation, or write "waiting" for all that wait.',
    verdict: "drop",
    exitCode: 66,
  },
  canvas_ended: {
    sentence: "This canvas has ended: {how}.",
    remedy: "Ask in the conversation where it was shown for a new one.",
    verdict: "drop",
    exitCode: 66,
  },
  canvas_locked: {
    sentence: "This canvas opens only by its whole link.",
    remedy: "Open it from its card in the conversation, or in a browser that is signed in on the hub.",
    verdict: "reauth",
    exitCode: 77,
  },
  canvas_link_void: {
    sentence: "This link to the canvas is not valid, or no longer.",
    remedy: "Open it from its card in the conversation. A link of your own opens within ten minutes; ask there for another.",
    verdict: "reauth",
    exitCode: 77,
  },
  form_refused: {
    sentence: "{problem}",
    remedy: "Nothing was sent: look at the form once more and send it again.",
    verdict: "drop",
    exitCode: 65,
  },
} as const satisfies Record<string, ErrorEntry>;
