/** The HTTP driver as the registry sees it. */
import type { DriverDefinition } from "../../contract/orchestrator.ts";
import type { DriverMachine } from "../machine.ts";
import { httpConfig } from "./config.ts";

export function httpDefinition(machine: DriverMachine): DriverDefinition {
  return {
    driver: "http",
    summary: "An orchestrator that fetches its messages over HTTP or is called, such as a Colony, a Sentinel or a Safety Wrapper",
    config: httpConfig,
    load: async () => {
      const { createHttpDriver } = await import("./driver.ts");
      return (config, context) => createHttpDriver(httpConfig.parse(config), context, machine);
    },
  };
}
