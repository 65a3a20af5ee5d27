/** What `init` asks and `doctor` looks at: the console needs nothing from anybody, and says so. */
import type { CheckResult } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import { parseConfig } from "./config.ts";

export async function check(config: unknown): Promise<readonly CheckResult[]> {
  try {
    const { keep_entries } = parseConfig(config);
    return [{ name: "console", ok: true, detail: `needs no account; keeps the last ${keep_entries} entries` }];
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return [{ name: "console", ok: false, detail: error.message, remedy: error.remedy }];
  }
}
