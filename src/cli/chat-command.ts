/** `mos-hub chat`: talk to the orchestrator from this terminal. */
import { HubError } from "../contract/errors.ts";
import { chat } from "./chat.ts";
import { needLocalAccount } from "./local-account.ts";
import type { AddCommand } from "./command.ts";

interface Options {
  readonly once?: string;
  readonly thread?: string;
  readonly timeout?: string;
  readonly account?: string;
}

const EXITS = `
With --once the exit code is 0 when the turn is done or was stopped, 1 when it
failed, 75 when it has not ended in time and goes on, 77 when it was refused.
What it waits for people to decide is said on stderr, with --json in a line of
type "waiting".`;

export const addChat: AddCommand = (program, act) => {
  program
    .command("chat")
    .description("talk to the orchestrator from this terminal")
    .option("--once <text>", "say this, print what follows, and leave when the turn has ended")
    .option("--thread <id>", "the thread to talk in; one that is not there yet comes to be")
    .option("--timeout <seconds>", "with --once: how long to wait for the end of the turn (default 600)")
    .option("--account <name>", "the console's account (default: the one of this machine)")
    .addHelpText("after", EXITS)
    .action(
      act(async (context, { once, thread, timeout, account }: Options) => {
        const config = await context.config();
        const timeoutMs = timeout === undefined ? undefined : secondsAsMs(timeout);
        return chat({
          once,
          thread,
          timeoutMs,
          account: account ?? needLocalAccount(config),
          json: context.json,
          typed: context.typed,
          dataDir: await context.dataDir(),
          colour: config.baseEnv["NO_COLOR"] === undefined,
        });
      }),
    );
};

function secondsAsMs(typed: string): number {
  const seconds = Number(typed);
  if (!(seconds > 0)) throw new HubError("bad_request", { problems: "--timeout is a number of seconds" });
  return seconds * 1000;
}
