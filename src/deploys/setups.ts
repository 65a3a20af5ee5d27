/**
 * How the steps of set-ups settle: domains, payments, logins. They belong to an app and environment, so a new deploy takes them over. Pure.
 * Invariant: a step is told once; with the moments their maker gives, every order of the same steps ends in the same one.
 */
import type { AppSetup } from "../contract/message.ts";
import type { DeployNews } from "../contract/orchestrator.ts";
import { said } from "./state.ts";

/** A maker that keeps inventing names is remembered no further back. */
const MOST = 20;

export interface SetupProgress {
  readonly setups: readonly AppSetup[] | undefined;
  /** Those that people are told about now. */
  readonly told: readonly AppSetup[];
  readonly changed: boolean;
}

export function stepsOf({ domain, setup }: Pick<DeployNews, "domain" | "setup">): AppSetup[] {
  return [...(domain ? [{ kind: "domain", ...said(domain) }] : []), ...(setup ? [said(setup)] : [])];
}

export function nextSetups(current: readonly AppSetup[] | undefined, steps: readonly AppSetup[]): SetupProgress {
  let setups = current ?? [];
  const told: AppSetup[] = [];
  for (const step of steps) {
    const before = setups.find(({ kind, name }) => kind === step.kind && name === step.name);
    if (before && isOldNews(step, before)) continue;
    const after = before?.state === step.state ? { ...before, ...step } : step;
    setups = before ? setups.map((one) => (one === before ? after : one)) : [...setups, after].slice(-MOST);
    if (!before || wordsOf(before) !== wordsOf(after)) told.push(after);
  }
  const changed = JSON.stringify(setups) !== JSON.stringify(current ?? []);
  return { setups: setups.length > 0 ? setups : undefined, told, changed };
}

/**
 * Without moments: what begins a set-up says nothing once more is known; what is done is left only for what somebody must see to, such as a
 * credential that no longer holds.
 */
function isOldNews(step: AppSetup, before: AppSetup): boolean {
  if (step.at !== undefined && before.at !== undefined && step.at !== before.at) return step.at < before.at;
  if (step.state === "started") return before.state !== "started";
  const isOver = before.state === "live" || before.state === "done";
  return isOver && (step.state === "records" || step.state === "certificate" || step.state === "failed");
}

/** What is told again when it changes; the detail of a state may change with every look its maker takes. */
function wordsOf({ state, records, url }: AppSetup): string {
  return JSON.stringify([state, records, url]);
}
