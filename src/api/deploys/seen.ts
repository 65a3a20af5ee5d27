/** A deploy as its pages show it: secrets out, and what its card says of other deploys left to whoever can lead there. Pure. */
import type { LiveRevision } from "../../contract/deploys.ts";
import type { DeployCard } from "../../contract/message.ts";
import type { Row } from "../../contract/tables.ts";
import { deployCard, differenceLink } from "../../deploys/card.ts";
import { revisionOf } from "../../deploys/line.ts";
import { countsAs, isLive } from "../../deploys/state.ts";
import { redactReport } from "../../redaction/agent-words.ts";
import { redactCard } from "../../redaction/outbound.ts";

export interface Seen {
  readonly id: string;
  readonly card: DeployCard;
  /** As others speak of it. */
  readonly itself: LiveRevision;
  /** When it was first heard of, epoch ms. */
  readonly at: number;
  readonly times: Row<"deploys">["times"];
  /** What was live before it, and where the difference to it is shown. */
  readonly since: LiveRevision | undefined;
  /** What overtook it and was rolled back, so that it is live again. */
  readonly again: LiveRevision | undefined;
  readonly difference: string | undefined;
  readonly recovers: LiveRevision | undefined;
  readonly recoveredBy: LiveRevision | undefined;
  /** Where the conversation that asked for it is read. */
  readonly conversation: string | undefined;
}

export interface Seeing {
  readonly redact: (text: string, exempt?: readonly string[]) => string;
  readonly conversationOf: (row: Row<"deploys">) => string | undefined;
}

export function seen(row: Row<"deploys">, { redact, conversationOf }: Seeing): Seen {
  const report = redactReport(row.report, redact);
  const masked = (one: LiveRevision): LiveRevision => {
    const { revision, deploy_id: deployId } = redactReport({ ...report, revision: one.revision, deploy_id: one.deployId }, redact);
    return { ...one, revision, deployId };
  };
  const other = (one: LiveRevision | undefined): LiveRevision | undefined => one && masked(one);
  const since = other(row.since);
  const alone = { ...row, state: countsAs(row), since: undefined, again: undefined, recovers: undefined } as const;
  return {
    id: row.id,
    // Nothing can be asked for here, so nobody has to carry it out.
    card: redactCard(deployCard(row.id, { ...alone, recoveredBy: undefined }, []), redact),
    itself: masked(revisionOf(row)),
    at: row.createdAt,
    times: row.times,
    since,
    again: isLive(row) ? other(row.again) : undefined,
    difference: since && differenceLink(since, report),
    recovers: other(row.recovers),
    recoveredBy: other(row.recoveredBy),
    conversation: conversationOf(row),
  };
}

/** What there is to say of a place: the latest that is no old news; where it was rolled back, what is live again. */
export function currentOf(deploys: readonly Seen[], live: Seen | undefined): Seen | undefined {
  const latest = deploys.find(({ card }) => card.state !== "superseded") ?? deploys[0];
  return latest?.card.state === "rolled_back" ? (live ?? latest) : latest;
}

/** It failed, whatever became of it afterwards. */
export function hasFailed({ times }: Seen): boolean {
  return times.failed !== undefined;
}
