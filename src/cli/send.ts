/** `mos-hub send`: says something to a chat in the hub's own name. */
import type { AddCommand } from "./command.ts";

interface Options {
  readonly account?: string;
  readonly chat?: string;
  readonly thread?: string;
}

export const addSend: AddCommand = (program, act) => {
  program
    .command("send <text>")
    .description("say something to a chat in the hub's own name")
    .option("--account <name>", "the account to say it with (default: the first)")
    .option("--chat <id>", "the chat (default: the account's home chat)")
    .option("--thread <id>", "the thread in it")
    .action(
      act(async (context, text: string, { account, chat, thread }: Options) => {
        const client = await context.client();
        const sent = await client.messages.send({ text, account, chat, thread });
        context.print({ type: "queued", ...sent }, () =>
          context.typed(`Written to the outbox. Follow it with: mos-hub trace ${sent.trace}`),
        );
        return 0;
      }),
    );
};
