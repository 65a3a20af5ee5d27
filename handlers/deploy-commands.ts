/** `!deploys`, `!rollback` and `!promote`. What changes anything is asked of people first, as every gated action is. */
import type { FromPerson, View, Work } from "../src/contract/handler.ts";
import type { DeployWish, PersonEvent } from "../src/contract/message.ts";
import type { Row } from "../src/contract/tables.ts";
import { PRODUCTION, revisionName, shownState, troubleOf } from "../src/deploys/card.ts";
import { slotOf } from "../src/deploys/state.ts";
import { minuteOf } from "../src/cards/words.ts";
import { wish } from "./deploy.ts";

type Message = FromPerson<Extract<PersonEvent, { type: "message" }>>;
type Reply = Pick<Work, "effects"> & { readonly text: string; readonly writes?: Work["writes"] };

const SHOWN = 10;

/** The latest ones, or the history of one app. */
export async function listDeploys(_from: Message, view: View, argument: string): Promise<Reply> {
  const [app, environment = PRODUCTION] = argument.split(/\s+/).filter(Boolean);
  const where = app === undefined ? {} : { where: { slot: slotOf(app, environment) } };
  const latest = await view.store.find("deploys", { ...where, newestFirst: true, limit: SHOWN });
  const none = app === undefined ? "No deploys yet." : `No deploys of ${app} (${environment}) yet.`;
  return { text: latest.map(line).join("\n") || none };
}

function line({ report, state, check, createdAt }: Row<"deploys">): string {
  const name = revisionName(report.revision);
  const isSilent = troubleOf({ state, check }) !== undefined;
  const shown = isSilent ? "reported live, does not answer" : shownState({ state, check }).replaceAll("_", " ");
  const words = [`${report.app} (${report.environment}): ${shown}`, name, minuteOf(createdAt), report.urls.live ?? report.urls.preview];
  return `- ${words.filter(Boolean).join(" · ")}`;
}

export async function rollBack(from: Message, view: View, argument: string): Promise<Reply> {
  const [app, environment = PRODUCTION, id, ...more] = argument.split(/\s+/).filter(Boolean);
  if (app === undefined || more.length > 0) return { text: "Say `!rollback APP [ENVIRONMENT [ID]]`." };
  return asked(from, view, { what: "rollback", app, environment, id });
}

export async function promote(from: Message, view: View, argument: string): Promise<Reply> {
  const [app, environment, to = PRODUCTION, ...more] = argument.split(/\s+/).filter(Boolean);
  if (app === undefined || environment === undefined || more.length > 0) return { text: "Say `!promote APP FROM [TO]`." };
  return asked(from, view, { what: "promote", app, environment, to });
}

interface Wanted {
  readonly what: DeployWish;
  readonly app: string;
  readonly environment: string;
  readonly to?: string;
  /** The hub's, or its maker's. */
  readonly id?: string | undefined;
}

/** Of the deploy that is named, else that is live there; one that failed since is told that it cannot be taken back. */
async function asked({ row, person }: Message, view: View, { what, app, environment, to, id }: Wanted): Promise<Reply> {
  const rows = await view.store.find("deploys", { where: { slot: slotOf(app, environment) }, newestFirst: true, limit: SHOWN });
  const isMeant = ({ id: own, report, state }: Row<"deploys">): boolean =>
    id === undefined ? state === "live" || (what === "rollback" && state === "failed") : id === own || id === report.deploy_id;
  const deploy = rows.find(isMeant);
  if (!deploy)
    return {
      text: id === undefined ? `Nothing of ${app} (${environment}) is live.` : `No deploy of ${app} (${environment}) is \`${id}\`.`,
    };
  const tell = (text: string, work?: Work): Reply => ({ text, ...work });
  return wish({ what, deploy, to, person, row }, view, tell);
}
