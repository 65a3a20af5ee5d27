/** `mos-hub trace`: where is my message, hop by hop from the journal to the last receipt. */
import type { z } from "zod";
import type { traceShape } from "../api/shapes.ts";
import { HubError } from "../contract/errors.ts";
import type { AddCommand } from "./command.ts";

export const addTrace: AddCommand = (program, act) => {
  program
    .command("trace [id]")
    .description(
      "every hop of a message, by its trace or any id of it: the hub's, an approval's code, a platform's (of the latest 20,000 that were sent)",
    )
    .option("--last", "the latest message")
    .option("--replay", "everything that was said, as JSON, to show the conversation again")
    .action(
      act(async (context, id: string | undefined, { last, replay }: { last?: boolean; replay?: boolean }) => {
        if (id === undefined && !last) throw new HubError("bad_request", { problems: "give an id, or --last" });
        const client = await context.client();
        const asked = last ? "last" : (id ?? "");
        if (replay) {
          const rows = await client.replay(asked);
          context.print({ type: "replay", ...rows }, () => JSON.stringify(rows, null, 2));
          return 0;
        }
        const found = await client.trace(asked);
        context.print({ type: "trace", ...found }, () => context.typed(words(found)));
        return 0;
      }),
    );
};

function words({ trace, hops, waitsFor }: z.output<typeof traceShape>): string {
  const first = hops[0]?.at ?? 0;
  const lines = hops.map(
    ({ at, step, detail }) =>
      `${new Date(at).toISOString().slice(11, 23)}  +${String(at - first).padStart(6)} ms  ${step}${detail ? `: ${detail}` : ""}`,
  );
  const waits = waitsFor.map((code) => `It waits for people: mos-hub approvals show ${code}`);
  return [trace, ...lines, ...waits].join("\n");
}
