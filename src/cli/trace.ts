/** `mos-hub trace`: where is my message, hop by hop from the journal to the last receipt. */
import type { z } from "zod";
import type { traceShape } from "../api/shapes.ts";
import { HubError } from "../contract/errors.ts";
import type { AddCommand } from "./command.ts";

export const addTrace: AddCommand = (program, act) => {
  program
    .command("trace [id]")
    .description("every hop of a message, by its trace or any id of it")
    .option("--last", "the latest message")
    .action(
      act(async (context, id: string | undefined, { last }: { last?: boolean }) => {
        if (id === undefined && !last) throw new HubError("bad_request", { problems: "give an id, or --last" });
        const found = await (await context.client()).trace(last ? "last" : (id ?? ""));
        context.print({ type: "trace", ...found }, () => words(found));
        return 0;
      }),
    );
};

function words({ trace, hops }: z.output<typeof traceShape>): string {
  const first = hops[0]?.at ?? 0;
  const lines = hops.map(
    ({ at, step, detail }) =>
      `${new Date(at).toISOString().slice(11, 23)}  +${String(at - first).padStart(6)} ms  ${step}${detail ? `: ${detail}` : ""}`,
  );
  return [trace, ...lines].join("\n");
}
