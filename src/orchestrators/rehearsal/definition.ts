/** The rehearsal as the registry sees it: the ACP driver over an agent that is shipped with the hub, needs no network and says what it is. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { DriverDefinition } from "../../contract/orchestrator.ts";
import { acpConfig, processLimits } from "../acp/config.ts";
import type { DriverMachine } from "../machine.ts";

const AGENT = fileURLToPath(new URL("./agent/main.ts", import.meta.url));

export const rehearsalConfig = z.strictObject({
  driver: z.literal("rehearsal"),
  alias: z.string().min(1).max(60).optional(),
  /** The file that gets a line for each prompt the agent received. Default: `agents/rehearsal-ledger.jsonl` in the data folder. */
  ledger: z.string().min(1).optional(),
  /** The pause between two small steps of an answer, ms. Default 40; 0 answers at once. */
  pace_ms: z.number().int().min(0).max(10_000).optional(),
  ...processLimits,
});

export function rehearsalDefinition(machine: DriverMachine): DriverDefinition {
  return {
    driver: "rehearsal",
    summary: "A rehearsal: an offline agent shipped with the hub, to try everything without an account",
    config: rehearsalConfig,
    load: async () => {
      const { createAcpDriver } = await import("../acp/driver.ts");
      return (config, context) => {
        const { ledger, pace_ms, health_within_ms, start_timeout_ms } = rehearsalConfig.parse(config);
        const asAcp = acpConfig.parse({
          driver: "acp",
          command: [process.execPath, AGENT],
          env: {
            REHEARSAL_LEDGER: ledger ?? join(context.dataDir, "agents", context.ownFolder ?? "", "rehearsal-ledger.jsonl"),
            ...(pace_ms === undefined ? {} : { REHEARSAL_PACE_MS: String(pace_ms) }),
          },
          env_allow: ["REHEARSAL_PACE_MS"],
          health_within_ms,
          start_timeout_ms,
        });
        return createAcpDriver(asAcp, context, machine, "rehearsal");
      };
    },
  };
}
