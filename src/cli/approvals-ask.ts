/** `mos-hub approvals ask`: a script asks people, waits if it wants to, and gets the grant to hand to whoever carries it out. */
import type { Command } from "commander";
import { parse } from "../api/problem.ts";
import { newApproval } from "../api/approval-shapes.ts";
import { HubError } from "../contract/errors.ts";
import { waitingFor, waitingWords } from "./chat/waiting.ts";
import type { Act } from "./command.ts";

interface AskOptions {
  readonly tool?: string;
  readonly class?: string;
  readonly app?: string;
  readonly environment?: string;
  readonly reason?: string;
  readonly account?: string;
  readonly chat?: string;
  readonly key?: string;
  readonly wait?: true;
}

/** One call of the long-poll. */
const WAIT_MS = 30_000;
const EXIT_REFUSED = 77;

export function addAsk(approvals: Command, act: Act): void {
  approvals
    .command("ask <title> <action>")
    .description('ask people to approve exactly this action, such as: "Release" \'{"command":"release 1.2"}\'')
    .option("--tool <name>", "the tool, or its kind")
    .option("--class <class>", "the class it has at least")
    .option("--app <name>", "the app it is done to")
    .option("--environment <name>", "the environment it is done to")
    .option("--reason <words>", "why")
    .option("--account <name>", "where it is shown (default: the first account with a home chat)")
    .option("--chat <id>", "the chat it is shown in (default: the account's home chat)")
    .option("--key <key>", "the same key again is the same request")
    .option("--wait", "until it is decided; then prints the grant, or ends with 77")
    .action(
      act(async (context, title: string, action: string, { key, wait, ...about }: AskOptions) => {
        const ask = parse({ title, action: jsonOf(action), ...about }, newApproval);
        const client = await context.client();
        let found = await client.approvals.ask(ask, key);
        if (wait && found.state === "pending") process.stderr.write(`${waitingWords(waitingFor(found, context.typed))}\n`);
        while (wait && found.state === "pending") found = await client.approvals.get(found.code, { waitMs: WAIT_MS });
        const grant = found.state === "approved" ? (await client.approvals.grant(found.code)).grant : undefined;
        context.print({ ...found, grant }, () => grant ?? `${found.code} is ${found.state}.`);
        return grant !== undefined || found.state === "pending" ? 0 : EXIT_REFUSED;
      }),
    );
}

/** Throws `bad_request`. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HubError("bad_request", { problems: 'the action is not JSON; write it in single quotes: \'{"command":"ls"}\'' });
  }
}
