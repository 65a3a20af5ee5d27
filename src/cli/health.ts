/** `mos-hub health`: whether everything the hub stands on answers. Exit code 69 when something does not. */
import { healthLines } from "../health-words.ts";
import type { AddCommand } from "./command.ts";

export const addHealth: AddCommand = (program, act) => {
  program
    .command("health")
    .description("whether the connectors and the orchestrator answer")
    .action(
      act(async (context) => {
        const report = await (await context.client()).health();
        const { ok, place } = report.store;
        // Where the journal is kept is for whoever runs the hub, and not for a chat.
        const lines = [{ name: "store", ok, detail: place }, ...healthLines(report)];
        context.print({ type: "health", ...report }, () =>
          lines.map(({ name, ok, detail }) => `${ok ? "✓" : "✗"} ${name}: ${detail}`).join("\n"),
        );
        return lines.every(({ ok }) => ok) ? 0 : 69;
      }),
    );
};
