/**
 * The environment an agent process gets: a short list, what the configuration adds, and nothing else.
 * Invariant: no variable of the hub itself and no secret of a connector is ever in it, whatever the configuration says.
 */
import type { DriverMachine } from "../machine.ts";

const ALWAYS = new Set(["PATH", "HOME", "LANG", "TERM", "TZ", "TMPDIR", "USER", "SHELL", "LOGNAME"]);

/** Says of a name whether it is the hub's own or a connector's. */
export function forbiddenNames({ withheld = [] }: Pick<DriverMachine, "withheld">): (name: string) => boolean {
  const names = new Set(withheld);
  return (name) => name.startsWith("MOS_HUB_") || names.has(name);
}

export function agentEnvironment(
  machine: Pick<DriverMachine, "baseEnv" | "withheld">,
  wanted: { readonly env: Readonly<Record<string, string>>; readonly env_allow: readonly string[] },
): Record<string, string> {
  const isForbidden = forbiddenNames(machine);
  const isPassed = (name: string): boolean => ALWAYS.has(name) || name.startsWith("LC_") || wanted.env_allow.includes(name);

  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(machine.baseEnv)) {
    if (value !== undefined && isPassed(name) && !isForbidden(name)) environment[name] = value;
  }
  for (const [name, value] of Object.entries(wanted.env)) {
    if (!isForbidden(name)) environment[name] = value;
  }
  return environment;
}
