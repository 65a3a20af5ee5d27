/** `mos-hub outbox`: messages that have not left, and what to do about them. */
import type { z } from "zod";
import { parse } from "../api/problem.ts";
import { counted } from "../contract/counted.ts";
import { type outboxEntry, outboxQuery } from "../api/shapes.ts";
import { neutralise } from "./chat/text-cells.ts";
import type { AddCommand } from "./command.ts";

export const addOutbox: AddCommand = (program, act) => {
  const outbox = program.command("outbox").description("messages that have not left");
  outbox
    .command("list", { isDefault: true })
    .description("what waits, and what was given up for lack of success (dead); failed: given up by choice")
    .option("--state <state>", "queued, sending, unknown, dead, failed or sent")
    .option("--was-unknown", "those of which it was not known whether they had arrived, also when they were sent again")
    .option("--limit <n>", "at most so many", "100")
    .action(
      act(async (context, { wasUnknown, ...more }: { readonly state?: string; readonly wasUnknown?: true; readonly limit: string }) => {
        const query = parse({ ...more, wasUnknown: wasUnknown && "true" }, outboxQuery);
        const found = await (await context.client()).outbox.list(query);
        context.print({ type: "outbox", ...found }, () => found.outbox.map(line).join("\n") || "Nothing.");
        return 0;
      }),
    );
  outbox
    .command("resend <id>")
    .description("send a message that was given up again; what may have arrived is looked for first")
    .action(
      act(async (context, id: string) => {
        const done = await (await context.client()).outbox.resend(id);
        context.print({ type: "outbox_resent", ...done }, () => "It is on its way again.");
        return 0;
      }),
    );
  outbox
    .command("drop <id>")
    .description("give up a message that has not left")
    .action(
      act(async (context, id: string) => {
        const done = await (await context.client()).outbox.drop(id);
        context.print({ type: "outbox_dropped", ...done }, () => "It will not be sent.");
        return 0;
      }),
    );
};

const LONGEST = 60;

function line({ id, state, account, text, attempts, lastError }: z.output<typeof outboxEntry>): string {
  const letters = [...neutralise(text).replace(/\s+/g, " ")];
  const shown = letters.length <= LONGEST ? letters.join("") : `${letters.slice(0, LONGEST - 1).join("")}…`;
  const why = lastError === undefined ? "" : `  (${lastError})`;
  return `${id.slice(0, 12)}  ${state.padEnd(7)}  ${account}  ${counted(attempts, "attempt")}  ${shown}${why}`;
}
