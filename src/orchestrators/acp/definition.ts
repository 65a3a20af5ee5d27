/** The ACP driver as the registry sees it. The SDK is imported with the first driver that is made, not before. */
import type { DriverDefinition } from "../../contract/orchestrator.ts";
import type { DriverMachine } from "../machine.ts";
import { acpConfig } from "./config.ts";

export function acpDefinition(machine: DriverMachine): DriverDefinition {
  return {
    driver: "acp",
    summary: "Any agent that speaks the Agent Client Protocol on its stdin and stdout",
    config: acpConfig,
    load: async () => {
      const { createAcpDriver } = await import("./driver.ts");
      return (config, context) => createAcpDriver(acpConfig.parse(config), context, machine);
    },
  };
}
