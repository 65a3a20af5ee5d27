/** The card of a deploy, drawn from its record and from who could carry out what it offers. Pure. */
import { minuteOf } from "../cards/words.ts";
import type { DeployCard, DeployState, DeployWish } from "../contract/message.ts";
import type { DeployReport } from "../contract/orchestrator.ts";
import type { DeployCarrier, DeployFields, LiveRevision, Wish } from "../contract/deploys.ts";
import { isCarried } from "./carriers.ts";
import { type Placed, revisionOf } from "./line.ts";
import { whichOf } from "./name.ts";
import { countsAs, isLive } from "./state.ts";

/** How much of a failure a card shows: its last lines, where the reason usually is. */
const TAIL_LINES = 15;
/** What is rounded to a second. */
const LEAST_MS = 500;

type Drawn = Pick<DeployFields, "report" | "state" | "times"> &
  Partial<Pick<DeployFields, "check" | "setups" | "since" | "again" | "recovers" | "recoveredBy" | "wish" | "sessionKey">>;

export function deployCard(id: string, fields: Drawn, carriers: readonly DeployCarrier[]): DeployCard {
  const { report, state } = fields;
  const { repository: _, ...revision } = report.revision ?? {};
  return {
    type: "deploy",
    id,
    app: report.app,
    environment: report.environment,
    state: shownState(fields),
    revision: report.revision && revision,
    urls: report.urls,
    setups: fields.setups,
    failureTail: state === "failed" ? lastLines(report.failure_tail) : undefined,
    elapsedMs: elapsedMs(fields),
    notes: notesOf(id, fields),
    trouble: troubleOf(fields),
    offers: offersOf(fields, carriers),
  };
}

/** What may be claimed: nothing is live while nobody has seen it answer. */
export function shownState(fields: Pick<DeployFields, "state" | "again" | "check">): DeployState {
  const state = countsAs(fields);
  return state === "live" && fields.check?.state === "checking" ? "deploying" : state;
}

/** Why what is reported live does not answer; what it was reported as since counts alone. */
export function troubleOf({ check, ...fields }: Pick<DeployFields, "state" | "again" | "check">): string | undefined {
  return isLive(fields) && check?.state === "silent" ? (check.why ?? "it does not answer") : undefined;
}

/** What is live beside another deploy, in words; only what was seen to answer is called live. */
export function liveWords(live: Placed & Pick<DeployFields, "state" | "again" | "check" | "times">): string {
  return `${liveWord({ state: shownState(live), trouble: troubleOf(live) })}: ${whichOf(revisionOf(live))}`;
}

export function liveWord({ state, trouble }: Pick<DeployCard, "state" | "trouble">): "live now" | "reported live" {
  return state === "live" && trouble === undefined ? "live now" : "reported live";
}

export function lastLines(tail: string | undefined): string | undefined {
  return tail?.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}

/** From the first report to the state that ended it; what became of it afterwards is not its duration. Under half a second is none to speak of. */
function elapsedMs({ times }: Drawn): number | undefined {
  const known = Object.values(times).filter((at) => at !== undefined);
  const end = times.live ?? times.failed ?? times.canceled ?? Math.max(...known);
  const tookMs = end - Math.min(...known);
  return tookMs >= LEAST_MS ? tookMs : undefined;
}

function notesOf(id: string, fields: Drawn): string[] {
  const { state, check, since, again, report, recovers, recoveredBy, wish } = fields;
  const notes: (string | undefined)[] = [
    isLive(fields) && check?.state === "checking" ? "Reported live; its address is being looked at." : undefined,
    isLive(fields) && again ? `Live again, in place of ${whichOf(again)}.` : undefined,
    recovers && (recovers.id === id ? `It had failed at first, ${minuteOf(recovers.at)}.` : `Ends the failure of ${whichOf(recovers)}.`),
    recoveredBy && `Ended by ${whichOf(recoveredBy)}.`,
    state === "rolled_back" && since ? `Back to ${whichOf(since)}.` : undefined,
    REPLACING.includes(state) && since ? sinceWords(since, report) : undefined,
    wish && WISH_WORDS[wish.what][wish.state](wish),
  ];
  return notes.filter((note) => note !== undefined);
}

/** What failed or was canceled has replaced nothing. */
const REPLACING: readonly DeployState[] = ["queued", "building", "deploying", "live", "superseded"];

function sinceWords(since: LiveRevision, { revision }: DeployReport): string | undefined {
  const [before, now] = [since.revision?.sha, revision?.sha];
  if (before !== undefined && before === now) return `The same revision as before (live since ${minuteOf(since.at)}).`;
  const link = differenceLink(since, { revision });
  return `Replaces ${whichOf(since)}${link === undefined ? "." : `: ${link}`}`;
}

/** Where the difference to what was live before is shown; undefined where nobody said enough to know. */
export function differenceLink(
  { revision: old }: Pick<LiveRevision, "revision">,
  { revision }: Pick<DeployReport, "revision">,
): string | undefined {
  if (!old?.sha || !revision?.sha || !revision.repository) return undefined;
  return `${revision.repository.replace(/\/$/, "")}/compare/${old.sha}...${revision.sha}`;
}

type WishWords = Record<Wish["state"], (wish: Wish) => string>;

const WISH_WORDS: Record<DeployWish, WishWords> = { rollback: wishWords("roll back"), promote: wishWords("promote") };

function wishWords(what: string): WishWords {
  const approved = ({ words }: Wish): string => `To ${what} it was approved${words ? ` ${words}` : ""}`;
  return {
    asked: ({ by, code }) => `${by} asks to ${what}: \`approve ${code}\` or \`deny ${code}\`.`,
    given: ({ words, outcome, delay }) =>
      `To ${what} it is approved${words ? ` ${words}` : ""}; ${outcome ? `${outcome} carries it out.` : delay ? delayWords(delay) : "nobody has taken it yet."}`,
    refused: ({ words }) => `To ${what} it was not approved${words ? ` ${words}` : ""}.`,
    not_taken: (wish) => `${approved(wish)}; it could not be handed over: ${wish.outcome}.`,
    not_reported: (wish) => `${approved(wish)}; no result was reported.`,
    done: ({ to, outcome }) => `Promoted to ${to}: ${outcome}.`,
  };
}

/** Of what a service has not taken yet: why, and what happens next. */
export function delayWords({ why, until }: NonNullable<Wish["delay"]>): string {
  return `it could not be handed over yet: ${why}. It is tried again, at growing intervals, until ${minuteOf(until)}.`;
}

/** Only where somebody could be told to carry it out: a session's agent, or a service. */
function offersOf(fields: Drawn, carriers: readonly DeployCarrier[]): DeployWish[] {
  const { since, wish, sessionKey, report } = fields;
  if (wish?.state === "asked" || wish?.state === "given" || shownState(fields) !== "live") return [];
  const canBe = (environment: string): boolean => sessionKey !== undefined || isCarried(carriers, { app: report.app, environment });
  // What failed was never live: what was before it still is, and nothing is to be taken back.
  const rollback = since !== undefined && canBe(report.environment);
  const promote = report.environment !== PRODUCTION && canBe(PRODUCTION);
  return [...(rollback ? ["rollback" as const] : []), ...(promote ? ["promote" as const] : [])];
}

/** Where what is promoted goes when nobody says otherwise. */
export const PRODUCTION = "production";
