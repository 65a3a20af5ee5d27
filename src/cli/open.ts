/** `mos-hub open`: where the running hub is. */
import { z } from "zod";
import type { AddCommand } from "./command.ts";

export const addOpen: AddCommand = (program, act) => {
  program
    .command("open")
    .description("where the running hub is, and how to reach it")
    .action(
      act(async (context) => {
        const client = await context.client();
        await client.request("/healthz", { answer: z.object({ alive: z.literal(true) }) });
        const url = await client.url();
        context.print({ type: "open", url }, () => `The hub is at ${url}. Talk to it with: mos-hub chat`);
        return 0;
      }),
    );
};
