/** `mos-hub deploy`: reports deploys from a shell or a pipeline, and lists them. */
import { deployReport } from "../contract/orchestrator.ts";
import { parse } from "../api/problem.ts";
import type { AddCommand } from "./command.ts";
import { loadDrawing } from "./drawn.ts";

interface AnnounceOptions {
  readonly app: string;
  readonly environment: string;
  readonly state: string;
  readonly url?: string;
  readonly preview?: string;
  readonly logs?: string;
  readonly id?: string;
  readonly sha?: string;
  readonly ref?: string;
}

export const addDeploy: AddCommand = (program, act) => {
  const deploy = program.command("deploy").description("report deploys, and list them");
  deploy
    .command("announce")
    .description("report the state of a deploy")
    .requiredOption("--app <name>", "what is deployed")
    .option("--environment <name>", "where to", "production")
    .requiredOption("--state <state>", "queued, building, deploying, live, failed, canceled, rolled_back, superseded or deleted")
    .option("--url <url>", "where it is live")
    .option("--preview <url>", "where a preview is")
    .option("--logs <url>", "where the log is")
    .option("--id <id>", "your id of this deploy; the same id is the same card")
    .option("--sha <sha>", "the revision")
    .option("--ref <ref>", "the branch or tag")
    .action(
      act(async (context, { app, environment, state, url, preview, logs, id, sha, ref }: AnnounceOptions) => {
        const revision = sha === undefined && ref === undefined ? undefined : { sha, ref };
        const report = parse({ deploy_id: id, app, environment, state, urls: { live: url, preview, logs }, revision }, deployReport);
        const taken = await (await context.client()).deploys.report(report);
        context.print({ type: "deploy_announced", ...taken }, () => `${app} (${environment}): ${state} is announced.`);
        return 0;
      }),
    );
  deploy
    .command("list", { isDefault: true })
    .description("the latest deploys")
    .action(
      act(async (context) => {
        const found = await (await context.client()).deploys.list();
        const { short } = await loadDrawing(context.typed);
        context.print({ type: "deploys", ...found }, () => found.deploys.map(short).join("\n") || "No deploys yet.");
        return 0;
      }),
    );
};
