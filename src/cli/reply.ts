/** `mos-hub reply`: what an agent in a terminal answers in one of its conversations. It says words and can decide nothing. */
import { leaveReply } from "../orchestrators/tmux/reply-box.ts";
import type { AddCommand } from "./command.ts";
import { readAll } from "./read-all.ts";

interface Options {
  readonly session: string;
  readonly more?: boolean;
}

export const addReply: AddCommand = (program, act) => {
  program
    .command("reply [text]")
    .description("for an agent in a terminal: answer a message (default: what is piped in)")
    .requiredOption("--session <name>", "the conversation, as the message names it: chat-1a2b3c4d")
    .option("--more", "another answer to the same message follows")
    .action(
      act(async (context, given: string | undefined, { session, more = false }: Options) => {
        const text = given ?? (await readAll(process.stdin, "there is nothing to say: give the text, or pipe it in"));
        await leaveReply(await context.dataDir(), { session, text, more });
        context.print({ type: "left", session }, () => "Left for the hub, which shows it in the conversation.");
        return 0;
      }),
    );
};
