/** `mos-hub fleet`: what a fleet's agents need to know about the hub. */
import { cheatSheet, hubCommand } from "../orchestrators/tmux/words.ts";
import type { AddCommand } from "./command.ts";
import { tmuxAgent } from "./tmux-agent.ts";

export const addFleet: AddCommand = (program, act) => {
  const fleet = program.command("fleet").description("what a fleet of agents in terminals needs to know about the hub");
  fleet
    .command("onboarding [session]")
    .description("a cheat-sheet for a session's first prompt: how people in chat are heard and answered")
    .action(
      act(async (context, name: string | undefined) => {
        const { config, session, host, hubHost } = await tmuxAgent(context, name);
        const text = context.typed(
          cheatSheet({
            agent: { host, session },
            hubHost,
            alias: config.orchestrator.alias,
            command: hubCommand(config.dataDir, config.baseEnv),
          }),
        );
        context.print({ type: "onboarding", session, text }, () => text);
        return 0;
      }),
    );
};
