/**
 * Every error the hub can show a person, in one table: code → sentence → verdict → exit code.
 * `docs/errors.md` is written from this table and a test keeps them in step.
 */
import type { Verdict } from "./message.ts";

interface ErrorEntry {
  /** A sentence for a person. `{name}` is filled from the error's details. */
  readonly sentence: string;
  /** What the person can do. */
  readonly remedy: string;
  readonly verdict: Verdict["do"];
  /** Exit code of a command that ends with this error (sysexits: 64 usage, 69 unavailable, 73/74 files, 75 try again, 77 not allowed, 78 configuration). */
  readonly exitCode: number;
}

export const ERRORS = {
  config_invalid: {
    sentence: "The configuration has {count}:\n{problems}",
    remedy: "Correct the lines named above and start again.",
    verdict: "drop",
    exitCode: 78,
  },
  account_stopped: { sentence: "The account {account} is stopped: {reason}.", remedy: "{remedy}", verdict: "stop_account", exitCode: 78 },
  config_unreadable: {
    sentence: "The configuration file {file} could not be read: {reason}.",
    remedy: "Check that the file exists and may be read, or unset MOS_HUB_CONFIG.",
    verdict: "drop",
    exitCode: 78,
  },
  connector_not_implemented: {
    sentence: 'The connector "{kind}" is not implemented yet.',
    remedy: "Use one of: {known}. To write it, add a folder under connectors/ and one line to connectors/index.ts.",
    verdict: "drop",
    exitCode: 78,
  },
  driver_unknown: {
    sentence: 'There is no orchestrator driver "{driver}".',
    remedy: "Use one of: {known}.",
    verdict: "drop",
    exitCode: 78,
  },
  port_taken: {
    sentence: "Port {port} on {host} is already in use.",
    remedy: "Stop the program that uses it, or set MOS_HUB_PORT (0 picks a free one).",
    verdict: "drop",
    exitCode: 69,
  },
  port_refused: {
    sentence: "The hub may not listen on {host}:{port} ({reason}).",
    remedy: "Choose an address of this machine and a port above 1023.",
    verdict: "drop",
    exitCode: 77,
  },
  tls_unusable: {
    sentence: "The hub cannot use {file} for TLS: {reason}.",
    remedy: "Set tls.cert and tls.key in hub.yaml to a certificate and its key, both in PEM and readable by the hub's user.",
    verdict: "drop",
    exitCode: 78,
  },
  data_dir_locked: {
    sentence: "Another hub (process {pid}) already uses the data folder {dir}.",
    remedy: "Stop it, or give this one its own folder with MOS_HUB_DATA_DIR. Several hubs on one store need PostgreSQL.",
    verdict: "drop",
    exitCode: 73,
  },
  data_dir_unusable: {
    sentence: "The data folder {dir} cannot be used: {reason}.",
    remedy: "Make it a folder this user may write to, or set MOS_HUB_DATA_DIR.",
    verdict: "drop",
    exitCode: 73,
  },
  engine_not_available: {
    sentence: 'The database engine "{engine}" is not part of this version.',
    remedy: "Unset MOS_HUB_DATABASE_URL to use the embedded database; PostgreSQL arrives with a later version.",
    verdict: "drop",
    exitCode: 78,
  },
  store_unreadable: {
    sentence: "The database {file} cannot be read: {reason}.",
    remedy: "Nothing was changed. Restore it from a backup, or move it away to start afresh.",
    verdict: "drop",
    exitCode: 74,
  },
  store_newer: {
    sentence: "The database {file} was written by a newer mos-hub (layout {found}, this one knows {known}).",
    remedy: "Install the newer version again, or restore the backup made before the upgrade.",
    verdict: "drop",
    exitCode: 74,
  },
  store_full: {
    sentence: "The disk that holds {file} is full.",
    remedy: "Free some space; the hub goes on by itself. Messages are not acknowledged until then.",
    verdict: "retry",
    exitCode: 74,
  },
  store_failed: {
    sentence: "The database {file} refused a change: {reason}.",
    remedy: "See the log for the trace. Nothing was acknowledged that was not written.",
    verdict: "retry",
    exitCode: 74,
  },
  store_fenced: {
    sentence: "Another node has taken over ({lease}).",
    remedy: "Nothing to do: the other node goes on with this work.",
    verdict: "drop",
    exitCode: 75,
  },
  store_conflict: { sentence: "The same record was changed at the same time.", remedy: "Try again.", verdict: "retry", exitCode: 75 },
  hub_not_running: {
    sentence: "No hub is running on the data folder {dir}.",
    remedy: "Start one with: mos-hub start",
    verdict: "drop",
    exitCode: 69,
  },
  hub_unreachable: {
    sentence: "The hub at {url} does not answer ({reason}).",
    remedy: "Look at its log, or start it again with: mos-hub start",
    verdict: "retry",
    exitCode: 69,
  },
  hub_stopping: {
    sentence: "The hub is stopping.",
    remedy: "Send it again once it is back; nothing of this message was kept.",
    verdict: "retry",
    exitCode: 75,
  },
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
  agent_not_there: { sentence: "{alias} is not there: {reason}.", remedy: "Start its session.", verdict: "retry", exitCode: 69 },
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
  link_void: {
    sentence: "This sign-in link is not valid: it was used already, has expired, or was never made.",
    remedy: "Get a new one with: mos-hub open",
    verdict: "reauth",
    exitCode: 77,
  },
  too_many_requests: {
    sentence: "Too many requests with this token.",
    remedy: "Try again in {seconds} s.",
    verdict: "retry_after",
    exitCode: 75,
  },
  not_allowed: {
    sentence: "You may not do that: {reason}.",
    remedy: "Ask an admin for the role that is named.",
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

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** An error with a code of the table. Its message is for people: no stack trace, no secret, no path of the source. */
export class HubError extends Error {
  override readonly name: string = "HubError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(sentenceOf(code, details), options);
    this.code = code;
    this.details = details;
  }

  get remedy(): string {
    return fill(ERRORS[this.code].remedy, this.details);
  }
  get verdict(): Verdict["do"] {
    return ERRORS[this.code].verdict;
  }
  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }
}

/** Thrown by the registry for a kind nobody has registered. */
export class ConnectorNotImplementedError extends HubError {
  override readonly name = "ConnectorNotImplementedError";
  readonly kind: string;

  constructor(kind: string, known: readonly string[]) {
    super("connector_not_implemented", { kind, known: known.join(", ") || "none" });
    this.kind = kind;
    this.message = `${this.message} ${this.remedy}`;
  }
}

export function sentenceOf(code: ErrorCode, details: ErrorDetails = {}): string {
  return fill(ERRORS[code].sentence, details);
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}

/** Anything thrown, as a HubError: what is not ours becomes `internal` with the original kept as cause for the log. */
export function asHubError(thrown: unknown, trace = "unknown"): HubError {
  return thrown instanceof HubError ? thrown : new HubError("internal", { trace }, { cause: thrown });
}

/** What was looked up, or `not_found`. */
export function known<T>(found: T | undefined, id: string, what = "orchestrator"): T {
  if (found === undefined) throw new HubError("not_found", { what, id });
  return found;
}
