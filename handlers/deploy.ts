/** Deploys: reports become records and cards, addresses are looked at when it is time, and what is pressed on a card is asked of people. */
import { checkedWork, repeatedWork, reportWork } from "../src/deploys/record.ts";
import { dueChecks, nextCheck } from "../src/deploys/checks.ts";
import { dueResults, nextResult } from "../src/deploys/results.ts";
import { liveIn } from "../src/deploys/line.ts";
import { isForService, whyNotWished, wishWork } from "../src/deploys/wishes.ts";
import { sentenceOf } from "../src/contract/errors.ts";
import type { AnnouncedWork, Announcement, FromOrchestrator, FromPerson, Handler, View, Work } from "../src/contract/handler.ts";
import { addressKey } from "../src/contract/ids.ts";
import { DEPLOY_WISHES, type DeployWish, type PersonEvent } from "../src/contract/message.ts";
import type { DeployNews } from "../src/contract/orchestrator.ts";
import type { Row } from "../src/contract/tables.ts";
import { takenBefore, takenWrites } from "../src/taken.ts";

export const deploy: Handler = {
  name: "deploy",
  orchestrator: {
    deploy: ({ session, turn, trace, event }: FromOrchestrator<{ type: "deploy"; report: DeployNews }>, view) => {
      const origin = { orchestrator: session.orchestrator, address: turn?.address ?? session.address, sessionKey: session.id };
      return reportWork({ news: event.report, trace, origin }, view);
    },
  },
  announcement: announced,
  checked: checkedWork,
  person: { action: pressed },
  due: async (view) => (await dueChecks(view.store, view.now)) ?? dueResults(view),
  nextDue: async ({ store }) => earliest([await nextCheck(store), await nextResult(store)]),
};

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

async function announced({ report: news, trace, delivery }: Announcement, view: View): Promise<AnnouncedWork> {
  const reported = { news, trace, origin: { orchestrator: null } };
  const before = await takenBefore(delivery, view);
  if (before) return repeatedWork(reported, before.id, view);
  const work = await reportWork(reported, view);
  return { ...work, writes: [...work.writes, ...(await takenWrites(delivery, work.outcome.id, view))] };
}

async function pressed({ row, event, person }: FromPerson<Extract<PersonEvent, { type: "action" }>>, view: View): Promise<Work> {
  const tell = (text: string, work: Work = { writes: [] }): Work => ({ ...work, ack: { type: "privateText", text, trace: row.trace } });
  const what = DEPLOY_WISHES.find((wish) => wish === event.choice);
  const found = await view.store.get("deploys", event.subject.replace(/^deploy:/, ""));
  if (!what || !found) return tell("This button belongs to nothing that is asked. Nothing was done.");
  return wish({ what, deploy: found, person, row }, view, tell);
}

interface Asking {
  readonly what: DeployWish;
  readonly deploy: Row<"deploys">;
  readonly to?: string | undefined;
  readonly person: Row<"people">;
  readonly row: Row<"inbox">;
}

/** `tell`: how whoever asks is answered. */
export async function wish<A>(asking: Asking, view: View, tell: (text: string, work?: Work) => A): Promise<A> {
  const { deploy: found, row } = asking;
  const whyNot = whyNotWished(asking, await liveIn(found.slot, view.store));
  if (whyNot !== undefined) return tell(whyNot);
  const key = (await view.store.get("bindings", addressKey(row.address)))?.sessionKey ?? found.sessionKey;
  const session = key && (await view.store.get("sessions", key));
  if (!session && !isForService(asking, view)) return tell(sentenceOf("deploy_no_executor", { app: found.report.app }));
  return tell(
    "Asked. It is carried out once it is approved.",
    await wishWork({ ...asking, session, address: row.address, trace: row.trace }, view),
  );
}
