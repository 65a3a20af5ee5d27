/** `!deploys`, `!rollback` and `!promote`. What changes anything is asked of people first, as every gated action is. */
import type { FromPerson, View, Work } from "../src/contract/handler.ts";
import type { DeployWish, PersonEvent } from "../src/contract/message.ts";
import type { Row } from "../src/contract/tables.ts";
import { liveWords, PRODUCTION, shownState, troubleOf } from "../src/deploys/card.ts";
import { liveBeside, LOOKED_BACK, revisionOf } from "../src/deploys/line.ts";
import { deployName } from "../src/deploys/name.ts";
import { minuteOf } from "../src/cards/words.ts";
import { isLive, slotOf } from "../src/deploys/state.ts";
import { wish } from "./deploy.ts";

type Message = FromPerson<Extract<PersonEvent, { type: "message" }>>;
type Reply = Pick<Work, "effects"> & { readonly text: string; readonly writes?: Work["writes"] };

const SHOWN = 10;

/** The latest ones, or the history of one app. */
export async function listDeploys(_from: Message, view: View, argument: string): Promise<Reply> {
  const [app, environment = PRODUCTION] = argument.split(/\s+/).filter(Boolean);
  const where = app === undefined ? {} : { where: { slot: slotOf(app, environment) } };
  const latest = await view.store.find("deploys", { ...where, newestFirst: true, limit: SHOWN });
  const liveOf = await liveBeside(latest, view.store);
  const none = app === undefined ? "No deploys yet." : `No deploys of ${app} (${environment}) yet.`;
  return { text: latest.map((row) => line(row, liveOf(row))).join("\n") || none };
}

/** `live`: what is live there although this one is the latest. */
function line(row: Row<"deploys">, live: Row<"deploys"> | undefined): string {
  const { report } = row;
  const which = revisionOf(row);
  const shown = troubleOf(row) === undefined ? shownState(row).replaceAll("_", " ") : "reported live, does not answer";
  const { urls } = (live ?? row).report;
  const words = [
    `${report.app} (${report.environment}): ${shown}`,
    deployName(which),
    minuteOf(which.at),
    live && liveWords(live),
    urls.live ?? urls.preview,
  ];
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
  const rows = await view.store.find("deploys", { where: { slot: slotOf(app, environment) }, newestFirst: true, limit: LOOKED_BACK });
  const isMeant = (row: Row<"deploys">): boolean =>
    id === undefined ? isLive(row) || (what === "rollback" && row.state === "failed") : id === row.id || id === row.report.deploy_id;
  const deploy = rows.find(isMeant);
  if (!deploy)
    return {
      text: id === undefined ? `Nothing of ${app} (${environment}) is live.` : `No deploy of ${app} (${environment}) is \`${id}\`.`,
    };
  const tell = (text: string, work?: Work): Reply => ({ text, ...work });
  return wish({ what, deploy, to, person, row }, view, tell);
}
