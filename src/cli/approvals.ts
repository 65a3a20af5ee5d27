/** `mos-hub approvals`: what waits for a decision, and deciding it with the operator's PIN. */
import type { Command } from "commander";
import type { z } from "zod";
import type { requestShape } from "../api/approval-shapes.ts";
import { HubError } from "../contract/errors.ts";
import { addAsk } from "./approvals-ask.ts";
import type { AddCommand, CommandContext } from "./command.ts";
import { settledWords, stateInWords } from "./chat/settled.ts";
import { neutralise } from "./chat/text-cells.ts";
import { loadDrawing } from "./drawn.ts";
import { pinFrom, type PinOption, withPin } from "./pin-option.ts";

type Shown = z.output<typeof requestShape>;

export const addApprovals: AddCommand = (program, act) => {
  const approvals = program.command("approvals").description("what waits for a decision, and deciding it");
  approvals
    .command("list", { isDefault: true })
    .description("requests, the latest first")
    .option("--all", "also those that are decided")
    .action(
      act(async (context, { all }: { all?: boolean }) => {
        const found = await (await context.client()).approvals.list(all ? {} : { state: "pending" });
        context.print({ type: "approvals", ...found }, () => found.approvals.map(line).join("\n") || "Nothing waits for a decision.");
        return 0;
      }),
    );
  approvals
    .command("show <code>")
    .description("one request, with the exact action")
    .action(
      act(async (context, code: string) => {
        const found = await (await context.client()).approvals.get(code);
        const { whole } = await loadDrawing(context.typed);
        context.print(found, () => [whole(found), ...(found.state === "pending" ? [`Who may: ${found.who}.`] : [])].join("\n"));
        return 0;
      }),
    );
  addAsk(approvals, act);
  decision(approvals, "approve")
    .option("--always", "exactly the same is not asked again for a while; `policy rules` lists what is")
    .action(
      act((context, code: string, { always, ...pin }: PinOption & { always?: true }) =>
        decide(context, { code, verdict: "approve", always }, pin),
      ),
    );
  decision(approvals, "deny").action(
    act((context, code: string, reason: string[], options: PinOption) =>
      decide(context, { code, verdict: "deny", reason: reason.join(" ") || undefined }, options),
    ),
  );
};

function decision(approvals: Command, verdict: "approve" | "deny"): Command {
  const command = approvals.command(verdict === "approve" ? "approve <code>" : "deny <code> [reason...]");
  return withPin(command.description(`${verdict} a request with your PIN`));
}

async function decide(
  context: CommandContext,
  { code, ...decision }: { code: string; verdict: "approve" | "deny"; reason?: string | undefined; always?: true | undefined },
  options: PinOption,
): Promise<number> {
  const { approvals } = await context.client();
  const found = await approvals.get(code);
  // No PIN is asked for what no longer waits. Saying the same again is no fault.
  if (found.state !== "pending") {
    if (stateInWords(found.state) !== STATE_AFTER[decision.verdict]) throw alreadyDecided(found);
    context.print(found, () => settledWords(found));
    return 0;
  }
  const decided = await approvals.decide(code, { ...decision, pin: await pinFrom(options, context) });
  context.print(decided, () => decided.said || `${decided.code} is ${stateInWords(decided.state)}.`);
  return 0;
}

const STATE_AFTER = { approve: "approved", deny: "denied" } as const;

function alreadyDecided(found: Shown): HubError {
  const who = (found.type === "approval" ? found.decidedBy : found.answeredBy) ?? "the hub";
  return new HubError("already_decided", { code: found.code, state: stateInWords(found.state), who });
}

function line(shown: Shown): string {
  const title = shown.type === "approval" ? `${shown.title} (${shown.class})` : shown.text;
  return `${shown.code}  ${stateInWords(shown.state).padEnd(9)}  ${neutralise(title).replaceAll("\n", " ")}`;
}
