/** What `init` asks and `doctor` looks at: the console needs nothing from anybody, and says so. */
import type { CheckResult } from "../../src/contract/connector.ts";
import { parseConfig } from "./config.ts";

/** `config` as the schema has taken it. */
export async function check(config: unknown): Promise<readonly CheckResult[]> {
  const { keep_entries } = parseConfig(config);
  return [{ name: "console", ok: true, detail: `needs no account; keeps the last ${keep_entries} entries` }];
}
