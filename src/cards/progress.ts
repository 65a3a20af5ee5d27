/** How reports change a progress card. Pure; reports of one step arrive in any number and fill in what they name. */
import type { ProgressReports } from "../contract/handler.ts";
import type { ProgressCard, ProgressStep } from "../contract/message.ts";
import type { StepReport } from "../contract/orchestrator.ts";

/** A card shows at most this many tools, the latest ones: a long turn may run hundreds. */
const MOST_TOOLS = 12;
/** Of helpers the latest, of a plan the first ones: a platform's message holds no more. */
const MOST_HELPERS = 20;
const MOST_STEPS = 50;

export function foldProgress(
  before: ProgressCard | undefined,
  reports: ProgressReports,
  of: Pick<ProgressCard, "turnId" | "asker">,
): ProgressCard {
  const card: ProgressCard = before ?? { type: "progress", ...of, state: "working", plan: [], tools: [], team: [] };
  let { tools, team } = card;
  for (const { kind, ...report } of reports.reports) {
    if (kind === "tool") tools = withStep(tools, report);
    else team = withStep(team, report);
  }
  const plan = reports.plan ? reports.plan.slice(0, MOST_STEPS).map((report) => stepOf(undefined, report)) : card.plan;
  return { ...card, plan, tools: tools.slice(-MOST_TOOLS), team: team.slice(-MOST_HELPERS) };
}

/** What became of the orchestrator itself while it worked: it stands first in its team. */
export function foldLife(card: ProgressCard, state: ProgressStep["state"], summary: string): ProgressCard {
  const self = { id: SELF, title: card.asker, state, summary };
  return { ...card, team: [self, ...card.team.filter(({ id }) => id !== SELF)] };
}

const SELF = "orchestrator itself";

function withStep<S extends ProgressStep>(steps: readonly S[], report: StepReport): S[] {
  const known = steps.find((step) => step.id === report.id);
  const changed = stepOf(known, report) as S;
  return known ? steps.map((step) => (step === known ? changed : step)) : [...steps, changed];
}

function stepOf(
  known: (ProgressStep & { readonly summary?: string | undefined }) | undefined,
  report: StepReport,
): ProgressStep & { readonly summary?: string | undefined } {
  return {
    id: report.id,
    title: report.title ?? known?.title ?? report.id,
    state: report.state ?? known?.state ?? "running",
    summary: report.summary ?? known?.summary,
  };
}
