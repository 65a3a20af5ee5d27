/** What becomes of a message on its way out, or of one nobody could take. */
import type { ErrorEntry } from "./entry.ts";

export const DELIVERY_ERRORS = {
  account_refused: {
    sentence: "The platform does not accept this account: {reason}.",
    remedy: "Check its token and its rights there, then start the hub again.",
    verdict: "reauth",
    exitCode: 77,
  },
  platform_unreachable: {
    sentence: "The platform cannot be reached: {reason}.",
    remedy: "It is tried again by itself.",
    verdict: "retry",
    exitCode: 69,
  },
  send_failed: {
    sentence: "A message could not be delivered to {account}: {reason}.",
    remedy: "See `mos-hub trace` for its way so far.",
    verdict: "retry",
    exitCode: 69,
  },
  set_aside: {
    sentence: "A message of yours could not be handled, not even after {lives} starts of the hub, and is set aside (trace {trace}).",
    remedy: "Please say it in another way. `mos-hub inbox list` shows what was set aside.",
    verdict: "drop",
    exitCode: 70,
  },
  not_shown: {
    sentence: "Something {who} sent could not be shown: {what} (trace {trace}).",
    remedy: "See `mos-hub trace {trace}` and the hub's log.",
    verdict: "drop",
    exitCode: 70,
  },
  internal: {
    sentence: "Something went wrong inside the hub.",
    remedy: "See the hub's log for the trace {trace}; please report it.",
    verdict: "retry",
    exitCode: 70,
  },
} as const satisfies Record<string, ErrorEntry>;
