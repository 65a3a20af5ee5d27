/** What a person may not do, and what a decision lacks. */
import type { ErrorEntry } from "./entry.ts";

export const PEOPLE_ERRORS = {
  too_many_requests: {
    sentence: "Too many requests with this token.",
    remedy: "Try again in {seconds} s.",
    verdict: "retry_after",
    exitCode: 75,
  },
  not_allowed: {
    sentence: "You may not do that: {reason}.",
    remedy: "Ask an admin for the role or the scope that is named.",
    verdict: "drop",
    exitCode: 77,
  },
  unknown_person: {
    sentence: "I do not know you here, so I cannot take messages from you.",
    remedy: "Ask an admin of this hub to add you: account {account}, id {sender}.",
    verdict: "drop",
    exitCode: 77,
  },
  too_many_messages: {
    sentence: "That is more than {max} messages in a minute; this one was not taken.",
    remedy: "Send it again in {seconds} s. Commands and decisions are always taken.",
    verdict: "drop",
    exitCode: 75,
  },
  pairing_void: {
    sentence: "This pairing code is not valid: it was never given, has been used or denied, or has expired.",
    remedy: "Whoever should be known writes to the hub directly and is told a new one, once an hour; `mos-hub pair list` shows who waits.",
    verdict: "drop",
    exitCode: 66,
  },
  person_fixed: {
    sentence: "{name} cannot be changed here: {reason}.",
    remedy: "People of `operators:` are changed in hub.yaml, which counts from the next start of the hub.",
    verdict: "drop",
    exitCode: 77,
  },
  admin_pin_needed: {
    sentence: "Changing whom the hub knows needs your PIN.",
    remedy: "Run the command in a terminal, which asks for it, or with --pin; or do it as an admin who is signed in.",
    verdict: "drop",
    exitCode: 77,
  },
  pin_needed: {
    sentence: "A decision from here needs your PIN.",
    remedy: "Type /approve {code} in `mos-hub chat`, or run: mos-hub approvals approve {code} --pin",
    verdict: "drop",
    exitCode: 77,
  },
  pin_wrong: {
    sentence: "That PIN is not right ({left} tries left).",
    remedy: "Try again. A forgotten PIN is replaced by starting the hub once with MOS_HUB_PIN set to the new one.",
    verdict: "drop",
    exitCode: 77,
  },
  pin_locked: {
    sentence: "Too many wrong PINs; decisions by PIN are locked for {minutes} min.",
    remedy: "Wait, or decide from a chat account that has the role.",
    verdict: "drop",
    exitCode: 77,
  },
  code_needed: {
    sentence: "{code} is approved only with its code typed.",
    remedy: "Type {code} and approve it again.",
    verdict: "drop",
    exitCode: 77,
  },
  already_decided: {
    sentence: "{code} was already {state} by {who}.",
    remedy: "Nothing to do. If it should be otherwise, ask the orchestrator again.",
    verdict: "drop",
    exitCode: 65,
  },
  grant_refused: {
    sentence: "This grant cannot be used: {reason}.",
    remedy: "Do nothing. While it is pending, wait for people; else ask for approval of exactly this action again.",
    verdict: "drop",
    exitCode: 77,
  },
  seal_broken: {
    sentence: "Something sealed in the store cannot be opened: {reason}.",
    remedy: "Set MOS_HUB_SEAL_KEY, or put back seal.key in the data folder, as it was when the store was written.",
    verdict: "stop_account",
    exitCode: 78,
  },
} as const satisfies Record<string, ErrorEntry>;
