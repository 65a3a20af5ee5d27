/** What an orchestrator may do to a message. */
import type { ErrorEntry } from "./entry.ts";

export const AGENT_ERRORS = {
  agent_missing: {
    sentence: 'The orchestrator command "{command}" was not found.',
    remedy: "Install it, or correct orchestrator.command in hub.yaml.",
    verdict: "retry",
    exitCode: 69,
  },
  agent_unstartable: {
    sentence: 'The orchestrator command "{command}" could not be started: {reason}.',
    remedy: "Correct orchestrator.command or cwd in hub.yaml.",
    verdict: "retry",
    exitCode: 69,
  },
  agent_unreachable: {
    sentence: "The connection to {alias} at {place} failed: {reason}.",
    remedy: "It is tried again; see orchestrator.url in hub.yaml and whether the agent listens there.",
    verdict: "retry",
    exitCode: 69,
  },
  agent_crowded: {
    sentence: "{alias} works on as many conversations as it may at once ({most}).",
    remedy: "Wait, or raise orchestrator.open_sessions in hub.yaml.",
    verdict: "retry",
    exitCode: 75,
  },
  agent_not_there: { sentence: "{alias} is not there: {reason}.", remedy: "Start its session.", verdict: "retry", exitCode: 69 },
  orchestrator_gone: {
    sentence: "This conversation is with {name}, which this hub no longer has.",
    remedy: "Write `!bind NAME` to go on here with another; `!bind` alone lists whom there is.",
    verdict: "drop",
    exitCode: 69,
  },
  agent_busy: {
    sentence: "{alias} is still busy with the message before.",
    remedy: "Wait, or send `!stop`.",
    verdict: "retry",
    exitCode: 75,
  },
  agent_crashed: {
    sentence: "{alias} stopped unexpectedly ({reason}).",
    remedy: "It is being started again; unfinished messages are delivered again with a mark.",
    verdict: "retry",
    exitCode: 69,
  },
  agent_silent: {
    sentence: "{alias} did not answer within {seconds} s.",
    remedy: "See `mos-hub doctor` and the hub's log for what it printed.",
    verdict: "retry",
    exitCode: 69,
  },
  agent_auth_required: {
    sentence: "{alias} asks to be signed in: {methods}.",
    remedy: "Run its own login on the hub's machine as the agent's user, then send `!new` or your message again.",
    verdict: "drop",
    exitCode: 77,
  },
  agent_refused: {
    sentence: "{alias} refused the message: {reason}.",
    remedy: "Send it again, or start afresh with `!new`.",
    verdict: "drop",
    exitCode: 70,
  },
  agent_session_lost: {
    sentence: "{alias} no longer has this conversation.",
    remedy: "A new one was begun in the same thread; repeat what it needs to know.",
    verdict: "drop",
    exitCode: 70,
  },
  deploy_no_executor: {
    sentence: "There is no conversation here whose agent could do that to {app}.",
    remedy: "Ask in a conversation with the agent, with !rollback or !promote, or name a service under deploys.carriers.",
    verdict: "drop",
    exitCode: 69,
  },
} as const satisfies Record<string, ErrorEntry>;
