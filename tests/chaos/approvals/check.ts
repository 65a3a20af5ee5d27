/**
 * Exactly one outcome for each request, and the same in the record, the grant, every copy and the audit log. Reads the books alone; gives a
 * sentence for whatever is wrong.
 */
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import type { Row } from "../../../src/contract/tables.ts";
import type { Asked, Books, Platform } from "./books.ts";

export const OUTCOMES = ["approved", "denied", "expired", "cancelled"] as const;
type Outcome = (typeof OUTCOMES)[number];

export interface Verdict {
  readonly wrong: readonly string[];
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly used: number;
}

/** How each outcome is drawn on a card. */
const DRAWN: Readonly<Record<Outcome, RegExp>> = {
  approved: /✅ Approved(?: by (?<by>[^.:]+))?/u,
  denied: /❌ Denied(?: by (?<by>[^.:]+))?/u,
  expired: /⌛ Expired/u,
  cancelled: /^Cancelled/mu,
};
const PENDING = /`approve [A-Z0-9-]+`/u;

export async function check(books: Books): Promise<Verdict> {
  const entriesOf = Map.groupBy(books.audit, ({ subject }) => subject);
  const outcomes = { approved: 0, denied: 0, expired: 0, cancelled: 0 };
  const wrong: string[] = books.isWhole ? [] : ["the exported audit log is not whole"];
  for (const asked of books.asked) {
    const entries = entriesOf.get(asked.id) ?? [];
    const { outcome, problems } = outcomeIn(entries);
    if (outcome) outcomes[outcome] += 1;
    const all = [
      ...problems,
      ...(outcome ? recordProblems(asked, outcome) : []),
      ...(outcome ? copyProblems(asked, outcome, books) : []),
      ...(await grantProblems(asked, outcome, entries, books)),
    ];
    wrong.push(...all.map((problem) => `${asked.title} (${asked.code}): ${problem}`));
  }
  return { wrong, outcomes, used: books.asked.filter(({ uses }) => uses > 0).length };
}

const whatOf = (entry: Row<"audit">): string => entry.what.replace(/^approval\./, "");

/** Asked once, ended once, and after that nothing but its one use. */
function outcomeIn(entries: readonly Row<"audit">[]): { outcome: Outcome | undefined; problems: string[] } {
  const words = entries.map(whatOf);
  const ends = OUTCOMES.filter((one) => words.includes(one));
  const problems: string[] = [];
  if (words.filter((word) => word === "asked").length !== 1 || words[0] !== "asked")
    problems.push(`the audit log says ${words.join(", ")}`);
  if (words.filter((word) => (OUTCOMES as readonly string[]).includes(word)).length !== 1)
    problems.push(`has ${ends.length === 0 ? "no outcome" : `the outcomes ${ends.join(" and ")}`} in the audit log`);
  const after = words.slice(words.findIndex((word) => ends.includes(word as Outcome)) + 1);
  if (ends.length === 1 && after.some((word) => word !== "consumed"))
    problems.push(`after its outcome the audit log says ${after.join(", ")}`);
  return { outcome: ends[0], problems };
}

function recordProblems({ state }: Asked, outcome: Outcome): string[] {
  const said = state === "consumed" ? "approved" : state;
  return said === outcome ? [] : [`the record says ${state}, the audit log ${outcome}`];
}

/** The last picture of every copy shows the outcome and who decided; none ever showed another one. */
function copyProblems({ title, decidedBy }: Asked, outcome: Outcome, { hook, line }: Books): string[] {
  const at = (name: string, platform: Platform, isChanged: boolean): string[] => {
    const drawn = platform.kept.filter(({ text }) => text.includes(`asks for approval: ${title}**`));
    const places = [...Map.groupBy(drawn, ({ chat, thread = "" }) => `${name} ${chat}/${thread}`)];
    if (places.length === 0) return [`is not shown on ${name}`];
    return places.flatMap(([place, copies]) => {
      const last = copies.at(-1)?.text ?? "";
      const others = OUTCOMES.filter((one) => one !== outcome && copies.some(({ text }) => DRAWN[one].test(text)));
      const stale = isChanged && copies.some(({ text }) => PENDING.test(text));
      const by = DRAWN[outcome].exec(last)?.groups?.["by"];
      return [
        ...(DRAWN[outcome].test(last) ? [] : [`${place} does not show ${outcome} in the end`]),
        ...(stale ? [`${place} still asks for it`] : []),
        ...others.map((other) => `${place} also showed ${other}`),
        ...(by === decidedBy ? [] : [`${place} says ${by} decided, the record ${decidedBy}`]),
      ];
    });
  };
  return [...at("hook", hook, true), ...at("line", line, false)];
}

/** A grant for what was approved and nothing else, over the digest that was asked, and used at most once. */
async function grantProblems(
  { grant, digest, id, uses, decidedBy }: Asked,
  outcome: Outcome | undefined,
  entries: readonly Row<"audit">[],
  { keys }: Books,
): Promise<string[]> {
  const consumed = entries.filter((entry) => whatOf(entry) === "consumed").length;
  const problems: string[] = [];
  if (consumed > 1 || uses > 1) problems.push(`was used ${Math.max(consumed, uses)} times`);
  if (uses > consumed) problems.push("was used, and the audit log does not say so");
  if (outcome !== "approved" && (grant !== undefined || consumed > 0)) problems.push(`has a grant and is ${outcome}`);
  if (outcome === "approved" && consumed === 0) problems.push("was approved and could not be used");
  if (grant === undefined) return problems;
  const { iat = 0 } = decodeJwt(grant);
  const { payload } = await jwtVerify(grant, createLocalJWKSet(keys), { currentDate: new Date(iat * 1000) });
  const names = (payload["approvers"] as { name: string }[]).map(({ name }) => name).join(" and ");
  if (payload.jti !== id || payload["digest"] !== digest || names !== decidedBy) problems.push("has a grant that says something else");
  return problems;
}
