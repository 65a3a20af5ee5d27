/** `mos-hub inbox`: messages of people that were set aside, since handling them failed in several lives of the hub. */
import type { AddCommand } from "./command.ts";

export const addInbox: AddCommand = (program, act) => {
  program
    .command("inbox")
    .description("messages of people")
    .command("list")
    .description("what was set aside, since it could not be handled after several starts")
    .action(
      act(async (context) => {
        const found = await (await context.client()).inbox.setAside();
        const line = ({ trace, account, sender, text }: (typeof found.messages)[number]): string =>
          `${trace}  ${account}:${sender}  ${text}`;
        context.print({ type: "inbox", ...found }, () => found.messages.map(line).join("\n") || "Nothing.");
        return 0;
      }),
    );
};
