/** The systemd user unit of the hub, from the one that is shipped (deploy/mos-hub.service). Pure. */

export interface UnitFacts {
  /** The runtime and the script, absolute. */
  readonly runtime: string;
  readonly script: string;
  /** Options in front of `start`, such as `["--roster", "/srv/fleet/roster.yaml"]`. */
  readonly options: readonly string[];
  /** Holds hub.yaml, where there is one, and the file of secrets. */
  readonly configDir: string;
  /** Started before the hub where it is there; undefined: none. */
  readonly after: string | undefined;
  /** The hub can tell systemd that it is ready and alive. */
  readonly canNotify: boolean;
}

/** A hub that says nothing for this long is started again. */
const WATCHDOG = "60s";

export function unitText(shipped: string, { runtime, script, options, configDir, after, canNotify }: UnitFacts): string {
  const start = [runtime, script, ...options, "start", "--no-chat"].map(quoted).join(" ");
  const type = canNotify ? ["Type=notify", "NotifyAccess=all", `WatchdogSec=${WATCHDOG}`].join("\n") : "Type=exec";
  const lines: Readonly<Record<string, string | undefined>> = {
    After: after && `After=${after}`,
    Type: type,
    WorkingDirectory: `WorkingDirectory=-${escaped(configDir)}`,
    EnvironmentFile: `EnvironmentFile=-${escaped(configDir)}/env`,
    ExecStart: `ExecStart=${start}`,
  };
  const text = shipped
    .replace(/^# systemd user unit\..*\n/, "# Written by: mos-hub service install\n")
    .replace(/^# Order only:.*\n/m, "")
    .split("\n")
    .flatMap((line) => {
      const key = line.split("=")[0] ?? "";
      return Object.hasOwn(lines, key) ? (lines[key] ?? []) : [line];
    });
  return text.join("\n");
}

/** systemd reads %, quotes and backslashes in a command (systemd.service, "Command lines"), and expands $. */
function quoted(word: string): string {
  const safe = escaped(word).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("$", "$$$$");
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(safe) ? safe : `"${safe}"`;
}

function escaped(path: string): string {
  return path.replaceAll("%", "%%");
}
