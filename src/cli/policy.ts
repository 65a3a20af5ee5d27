/** `mos-hub policy`: what the configuration says about an action, without a hub and without doing it. */
import { z } from "zod";
import type { Considered } from "../approvals/policies.ts";
import { rule, type Ruling } from "../approvals/ruling.ts";
import { votersOf } from "../approvals/votes.ts";
import { HubError } from "../contract/errors.ts";
import { approvalAsk } from "../contract/orchestrator.ts";
import type { ApprovalPolicy } from "../contract/tables.ts";
import type { standingList } from "../api/approval-shapes.ts";
import { minuteOf } from "../cards/words.ts";
import { neutralise } from "./chat/text-cells.ts";
import { jsonOf } from "./approvals-ask.ts";
import type { AddCommand } from "./command.ts";

interface ExplainOptions {
  readonly tool?: string;
  readonly class?: string;
  readonly app?: string;
  readonly environment?: string;
  readonly orchestrator?: string;
}

export const addPolicy: AddCommand = (program, act) => {
  const policy = program.command("policy").description("who must agree to what");
  policy
    .command("explain [action]")
    .description('what would be asked of whom for an action, such as: --tool execute \'{"command":"rm -rf build"}\'')
    .option("--tool <name>", "the tool, or its kind")
    .option("--class <class>", "the class the asker states")
    .option("--app <name>", "the app it is done to")
    .option("--environment <name>", "the environment it is done to")
    .option("--orchestrator <name>", "who asks (default: the configured one)")
    .action(
      act(async (context, action: string | undefined, options: ExplainOptions) => {
        const { approvals, orchestrator, tenantId } = await context.config();
        const ask = parseAsk(action, options);
        const ruling = rule({ ...ask, orchestrator: options.orchestrator ?? orchestrator.name, tenant: tenantId }, approvals);
        context.print({ type: "policy", ...ruling }, () => words(ruling));
        return 0;
      }),
    );
  addRules(policy, act);
};

const addRules: AddCommand = (policy, act) => {
  const rules = policy.command("rules").description("what is allowed without being asked again");
  rules
    .command("list", { isDefault: true })
    .description("what was approved for good, by whom and until when")
    .action(
      act(async (context) => {
        const { standing } = await (await context.client()).standing.list();
        context.print({ type: "standing", standing }, () => standing.map(standingLine).join("\n") || "Everything is asked each time.");
        return 0;
      }),
    );
  rules
    .command("end <code>")
    .description("ask again from now on")
    .action(
      act(async (context, code: string) => {
        const ended = await (await context.client()).standing.end(code);
        context.print({ type: "standing", code, ...ended }, () => `What ${code} allowed is asked again.`);
        return 0;
      }),
    );
};

function standingLine({ code, title, app, environment, asker, by, expiresAt }: z.output<typeof standingList>["standing"][number]): string {
  const target = [app, environment].filter(Boolean).join(", ");
  return neutralise(
    `${code}  ${title}${target ? ` (${target})` : ""}, asked by ${asker}: allowed by ${by} until ${minuteOf(expiresAt)}`,
  ).replaceAll("\n", " ");
}

function parseAsk(action: string | undefined, { tool, class: stated, app, environment }: ExplainOptions) {
  const parsed = approvalAsk
    .omit({ title: true })
    .safeParse({ action: action === undefined ? {} : jsonOf(action), tool, class: stated, app, environment });
  if (parsed.success) return parsed.data;
  throw new HubError("bad_request", { problems: z.prettifyError(parsed.error) });
}

function words({ class: actionClass, allowedBy, policy, considered }: Ruling): string {
  const head = `The class is ${actionClass.replaceAll("_", " ")}.`;
  if (allowedBy !== undefined) return `${head} Nobody is asked: ${allowedBy}.`;
  return [head, `People are asked. ${demandsOf(policy)}`, "", "Rules:", ...considered.map(ruleLine)].join("\n");
}

function demandsOf(policy: ApprovalPolicy): string {
  const { quorum, denyQuorum } = policy;
  const lines = [
    `${quorum === 1 ? "One person approves it" : `${quorum} people approve it`}; ${denyQuorum === 1 ? "one who denies ends it" : `${denyQuorum} who deny end it`}.`,
    `Who votes: ${votersOf(policy)}.`,
    policy.stepUp ? "Its code is typed; a press does not do." : "",
    `It waits ${duration(policy.expiryMs)}, and is used within ${duration(policy.executionWindowMs)}.`,
    policy.chats.length > 0
      ? `Shown in ${policy.chats.length} more chats${policy.isFallback ? ", the next where the one before fails" : ""}.`
      : "",
    ...policy.escalation.map(({ afterMs, chats }) => `After ${duration(afterMs)} without a decision it is shown in ${chats.length} more.`),
  ];
  return lines.filter(Boolean).join("\n");
}

function ruleLine({ rule: name, holds, because }: Considered): string {
  return `${holds ? "✔" : "·"} ${name}: ${because}`;
}

function duration(ms: number): string {
  const units = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1000, "s"],
  ] as const;
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1000, "s"];
  return `${Math.round(ms / size)} ${unit}`;
}
