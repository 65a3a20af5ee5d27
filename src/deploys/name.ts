/** What people call a deploy, on every face: never by an id that only the hub knows. Pure. */
import { minuteOf } from "../cards/words.ts";
import type { LiveRevision } from "../contract/deploys.ts";
import type { DeployReport } from "../contract/orchestrator.ts";

const SUBJECT_MAX = 60;

/** Its revision, else what it is about, else its maker's id, else nothing. CommonMark. */
export function deployName({ revision, deployId }: Pick<LiveRevision, "revision" | "deployId">): string | undefined {
  const subject = revision?.subject && `“${[...revision.subject].slice(0, SUBJECT_MAX).join("")}”`;
  return revisionName(revision) ?? (subject || (deployId && `\`${deployId}\``) || undefined);
}

/** The same with the minute from which it was live, or in which it failed: tells two of one name apart. */
export function whichOf(one: LiveRevision): string {
  return `${deployName(one) ?? "the deploy"} of ${minuteOf(one.at)}`;
}

/** Where nothing is marked up, such as in a title. */
export function unmarked(name: string): string {
  return name.replaceAll("`", "");
}

/** `main`, or the first letters of the sha, or nothing to call it by. */
export function revisionName(revision: DeployReport["revision"]): string | undefined {
  return revision?.sha === undefined ? revision?.ref : `\`${revision.sha.slice(0, 10)}\``;
}
