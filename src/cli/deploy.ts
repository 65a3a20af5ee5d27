/** `mos-hub deploy`: reports deploys from a shell or a pipeline, runs a command as one, and shows them. */
import type { Command } from "commander";
import { foregroundClock } from "../clock.ts";
import { HubError } from "../contract/errors.ts";
import { DEPLOY_STATES, SETUP_STATES } from "../contract/message.ts";
import { deployNews } from "../contract/orchestrator.ts";
import { parse } from "../api/problem.ts";
import type { deployShape, deployTaken } from "../api/deploy-shapes.ts";
import { minuteOf } from "../cards/words.ts";
import { deployName, unmarked } from "../deploys/name.ts";
import type { z } from "zod";
import type { Act, AddCommand } from "./command.ts";
import { loadDrawing } from "./drawn.ts";

interface Facts {
  readonly url?: string;
  readonly preview?: string;
  readonly logs?: string;
  readonly id?: string;
  readonly sha?: string;
  readonly ref?: string;
  readonly repository?: string;
}
interface Place {
  readonly app: string;
  readonly environment?: string;
}
type Taken = z.output<typeof deployTaken>;
type Announced = Facts & Place & { readonly state: string };

export const addDeploy: AddCommand = (program, act) => {
  const deploy = program.command("deploy").description("report deploys, run a command as one, and show them");
  addAnnounce(deploy, act);
  addUpdate(deploy, act);
  addSetup(deploy, act);
  addWrap(deploy, act);
  addShowing(deploy, act);
};

function addAnnounce(deploy: Command, act: Act): void {
  const announce = withFacts(withPlace(deploy.command("announce").description("report the state of a deploy")));
  withState(announce)
    .option("--id <id>", "your id of this deploy; the same id is the same card")
    .action(
      act(async (context, told: Announced) => {
        const report = parse(reportOf(told), deployNews);
        const taken = await (await context.client()).deploys.report(report);
        context.print({ type: "deploy_announced", ...taken }, () => cameTo(told.app, told.state, taken));
        return 0;
      }),
    );
}

function addUpdate(deploy: Command, act: Act): void {
  withState(withFacts(deploy.command("update <id>").description("report the next state of a deploy, by the hub's id or yours"))).action(
    act(async (context, id: string, told: Facts & { readonly state: string }) => {
      const client = await context.client();
      const { id: known, deploy_id = known, app, environment } = await client.deploys.get(id);
      const report = parse(reportOf({ ...told, app, environment, id: known }), deployNews);
      const taken = { ...(await client.deploys.report(report)), deploy_id };
      context.print({ type: "deploy_announced", ...taken }, () => cameTo(app, told.state, taken));
      return 0;
    }),
  );
}

function addSetup(deploy: Command, act: Act): void {
  withPlace(deploy.command("setup <kind> <name>").description("report how a set-up of an app goes: payments, a login, and who provides it"))
    .requiredOption("--state <state>", oneOf(SETUP_STATES))
    .option("--url <url>", "where it goes on, such as where the credential is entered (https)")
    .option("--detail <text>", "what else there is to know")
    .action(
      act(async (context, kind: string, name: string, { app, environment, ...step }: Place & { readonly state: string }) => {
        if (kind === "domain")
          throw new HubError("bad_request", { problems: "the steps of a domain come by POST /v1/deploys or a webhook" });
        const news = parse({ app, environment, setup: { kind, name, ...step } }, deployNews);
        const taken = await (await context.client()).deploys.report(news);
        const what = `${app} (${taken.environment}), ${kind} ${name}: ${step.state}`;
        const words = taken.changed ? "is announced." : "comes too late or says nothing new; nothing is announced.";
        context.print({ type: "deploy_announced", ...taken }, () => `${what} ${words}`);
        return 0;
      }),
    );
}

function addWrap(deploy: Command, act: Act): void {
  withFacts(
    withPlace(deploy.command("wrap").description("run a command and report it: queued, building, then live or failed with its last lines")),
  )
    .option("--id <id>", "your id of this deploy; by default one of its own")
    .argument("<command...>", "what to run, after --")
    .action(
      act(async (context, command: string[], told: Facts & Place) => {
        const { wrap } = await import("./deploy-wrap.ts");
        const report = async (now: { deploy_id: string; state: string; failure_tail?: string }) => {
          const { urls, ...rest } = reportOf({ ...told, state: now.state });
          // Where it is live is said once it is.
          const whole = { ...rest, ...now, urls: now.state === "live" ? urls : { logs: told.logs } };
          const taken = await (await context.client()).deploys.report(parse(whole, deployNews));
          if (taken.state !== now.state) warn(cameTo(told.app, now.state, taken));
        };
        const warn = (words: string): void => void process.stderr.write(`mos-hub: ${words}\n`);
        return wrap({ command, report, warn, clock: foregroundClock, id: told.id });
      }),
    );
}

function addShowing(deploy: Command, act: Act): void {
  deploy
    .command("list", { isDefault: true })
    .description("the latest deploys")
    .option("--app <name>", "only of this app")
    .option("--environment <name>", "and of this environment; default every one")
    .action(
      act(async (context, { app, environment }: { readonly app?: string; readonly environment?: string }) => {
        const found = await (await context.client()).deploys.list({ app, environment });
        const { short } = await loadDrawing(context.typed);
        const entries = found.deploys.map((one) =>
          [
            short(one),
            `  ${[revisionOf(one), minuteOf(one.createdAt), idsOf(one)].filter(Boolean).join("  ")}`,
            ...(one.live ? [`  ${besideWords(one.live)}`] : []),
          ].join("\n"),
        );
        context.print({ type: "deploys", ...found }, () => entries.join("\n") || "No deploys yet.");
        return 0;
      }),
    );
  deploy
    .command("show <id>")
    .description("one deploy with its course, by the hub's id or its maker's")
    .action(
      act(async (context, id: string) => {
        const found = await (await context.client()).deploys.get(id);
        const { whole } = await loadDrawing(context.typed);
        const course = found.course.map(({ state, at }) => `${new Date(at).toISOString()}  ${state.replaceAll("_", " ")}`);
        context.print({ ...found, type: "deploy" }, () =>
          [whole(found), idsOf(found), ...(found.live ? [besideWords(found.live)] : []), ...course].join("\n"),
        );
        return 0;
      }),
    );
}

function withPlace(command: Command): Command {
  return command
    .requiredOption("--app <name>", "what is deployed")
    .option("--environment <name>", "where to (default: production; a preview goes to an environment of its own)");
}

/** What came of a report, by what its deploy counts as now. */
function cameTo(app: string, told: string, { id, deploy_id, environment, state, changed }: Taken): string {
  const name = `${app} (${environment})`;
  const which = `\n  ${idsOf({ id, deploy_id })}`;
  if (state !== told) {
    const hint = state === "live" && told === "failed" ? " What was live and broke is reported as rolled_back, or as another deploy." : "";
    return `${name} is ${state?.replaceAll("_", " ")}: ${told} comes too late, and is not announced.${hint}${which}`;
  }
  return `${name}: ${changed ? `${told} is announced.` : `it is ${told} already; nothing is announced.`}${which}`;
}

/** What people call it, its ids aside. */
function revisionOf({ revision }: z.output<typeof deployShape>): string {
  return unmarked(deployName({ revision }) ?? "");
}

/** By which it is found again: its maker's id, and the hub's. */
function idsOf({ id, deploy_id }: Pick<Taken, "id" | "deploy_id">): string {
  return [...new Set([deploy_id, id])].filter((one) => one !== undefined).join("  ");
}

/** What is live where another one is the latest. */
function besideWords({
  words,
  id,
  deploy_id,
}: {
  readonly words: string;
  readonly id: string;
  readonly deploy_id?: string | undefined;
}): string {
  return `${unmarked(words)}  ${idsOf({ id, deploy_id })}`;
}

function withState(command: Command): Command {
  return command.requiredOption("--state <state>", oneOf(DEPLOY_STATES));
}

const oneOf = (names: readonly string[]): string => `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;

function withFacts(command: Command): Command {
  return command
    .option("--url <url>", "where it is live")
    .option("--preview <url>", "where a preview is")
    .option("--logs <url>", "where the log is")
    .option("--sha <sha>", "the revision")
    .option("--ref <ref>", "the branch or tag")
    .option("--repository <url>", "the repository, for a link to what has changed");
}

function reportOf({ app, environment, state, url, preview, logs, id, sha, ref, repository }: Announced) {
  const revision = [sha, ref, repository].every((one) => one === undefined) ? undefined : { sha, ref, repository };
  return { deploy_id: id, app, environment, state, urls: { live: url, preview, logs }, revision };
}
