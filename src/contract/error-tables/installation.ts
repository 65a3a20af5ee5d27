/** What keeps a hub from starting or a command from reaching it: configuration, ports, folders, the store. */
import type { ErrorEntry } from "./entry.ts";

export const INSTALLATION_ERRORS = {
  config_invalid: {
    sentence: "The configuration has {count}:\n{problems}",
    remedy: "Correct the lines named above and start again.",
    verdict: "drop",
    exitCode: 78,
  },
  account_stopped: { sentence: "The account {account} is stopped: {reason}.", remedy: "{remedy}", verdict: "stop_account", exitCode: 78 },
  config_unreadable: {
    sentence: "The configuration file {file} could not be read: {reason}.",
    remedy: "Check that the file exists and may be read, or name another with --config, --roster or MOS_HUB_CONFIG.",
    verdict: "drop",
    exitCode: 78,
  },
  connector_not_implemented: {
    sentence: 'There is no connector of the kind "{kind}" here.',
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
    remedy: "Stop it, or give this one its own folder with MOS_HUB_DATA_DIR.",
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
    sentence: 'There is no database engine "{engine}".',
    remedy: "Unset MOS_HUB_DATABASE_URL to use the embedded database, or give a URL that begins with postgres://.",
    verdict: "drop",
    exitCode: 78,
  },
  store_unreachable: {
    sentence: "The database {file} cannot be reached: {reason}.",
    remedy:
      "See that its server runs and that MOS_HUB_DATABASE_URL is right. A hub that runs goes on by itself; messages are not acknowledged until then.",
    verdict: "retry",
    exitCode: 74,
  },
  store_unsuitable: {
    sentence: "The database {file} cannot be used: {reason}.",
    remedy:
      "Nothing was changed. The hub needs PostgreSQL 14 or newer, a database made with ENCODING 'UTF8', and a user who may create the schema mos_hub in it and owns what is there.",
    verdict: "drop",
    exitCode: 78,
  },
  store_in_use: {
    sentence: "Another hub works on this database: {holder}.",
    remedy:
      "That is its machine and a number made from its data folder. This one may start once that one has ended, or 30 s after it died.",
    verdict: "retry",
    exitCode: 75,
  },
  store_not_empty: {
    sentence: "The database {file} is in use already, so nothing was moved there.",
    remedy: "Name an empty one in MOS_HUB_DATABASE_URL, or drop its schema mos_hub if what it holds may go.",
    verdict: "drop",
    exitCode: 78,
  },
  store_left_behind: {
    sentence: "The database {place} is empty, and {file} is not.",
    remedy: "Take what it holds along: `mos-hub store move`. To start without it, put that file elsewhere.",
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
  no_console: {
    sentence: "This hub has no console, so there is no chat in a terminal and no page for a browser.",
    remedy: "Add `console: { kind: console }` to the accounts in hub.yaml and start the hub again.",
    verdict: "drop",
    exitCode: 78,
  },
  hub_stopping: {
    sentence: "The hub is stopping.",
    remedy: "Send it again once it is back; nothing of this message was kept.",
    verdict: "retry",
    exitCode: 75,
  },
} as const satisfies Record<string, ErrorEntry>;
