/** The two lines of conduit.toml that open and close registration. Pure. Invariant: nothing else of the file changes. */

/** With a token anybody who has it may register; without one nobody may. */
export function setRegistration(toml: string, token: string | undefined): string {
  const kept = toml.split("\n").filter((line) => !/^\s*(?:allow_registration|registration_token)\s*=/.test(line));
  const at = kept.findIndex((line) => /^\s*\[global\]\s*(?:#.*)?$/.test(line));
  if (at < 0) throw new Error("conduit.toml has no section [global]");
  const lines = token === undefined ? ["allow_registration = false"] : ["allow_registration = true", `registration_token = "${token}"`];
  return [...kept.slice(0, at + 1), ...lines, ...kept.slice(at + 1)].join("\n");
}

/** An environment file with this variable set to this value, wherever it stood. */
export function setVariable(text: string, name: string, value: string): string {
  const kept = text.split("\n").filter((line) => !line.startsWith(`${name}=`) && line !== "");
  return `${[...kept, `${name}=${value}`].join("\n")}\n`;
}
