/** The tmux driver as the registry sees it. */
import type { DriverDefinition } from "../../contract/orchestrator.ts";
import type { DriverMachine } from "../machine.ts";
import { tmuxConfig } from "./config.ts";

export function tmuxDefinition(machine: DriverMachine): DriverDefinition {
  return {
    driver: "tmux",
    summary: "An agent that lives in a tmux session, here or on a host reached by ssh",
    config: tmuxConfig,
    load: async () => {
      const { createTmuxDriver } = await import("./driver.ts");
      return (config, context) => createTmuxDriver(tmuxConfig.parse(config), context, machine);
    },
  };
}
