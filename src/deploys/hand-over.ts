/**
 * Hands what was approved to the service that carries it out: a signed POST with the exact action and its grant, again until it is taken or the approval
 * may no longer be used. The service may hear it twice, under one id. Invariants: only what the configuration names is called, and only with
 * exactly what was approved; what could not be handed over, or not yet, says so on the card and where it was asked.
 */
import { digestOf } from "../approvals/digest.ts";
import type { Grants } from "../approvals/grants.ts";
import type { Clock } from "../clock.ts";
import type { DeployCarrier, DeployRules, Wish } from "../contract/deploys.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import { audit, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";
import type { CallResult } from "../web/call.ts";
import { failureWords } from "../web/failures.ts";
import { keepCalling, type Tried } from "../web/owed-calls.ts";
import type { Recipient, SignedPost } from "../web/signed-post.ts";
import { carrierFor } from "./carriers.ts";
import { delayWords } from "./card.ts";
import { change, fieldsOf } from "./change.ts";
import { HAND_OVER_PREFIX, handOver, type HandOver } from "./owed.ts";
import { awaitResult } from "./results.ts";
import { wishSayings } from "./sayings.ts";
import { isLive } from "./state.ts";

export type Carrier = DeployCarrier & Recipient;

export interface HandOverParts extends SignedPost {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly grants: Pick<Grants, "sign">;
  readonly carriers: readonly Carrier[];
  readonly rules: DeployRules;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void; error(facts: Record<string, unknown>, text: string): void };
}

const LONGEST_WAIT_MS = 60_000;
/** Of the answers below 500 those that say "not now" (RFC 9110, RFC 6585). */
const NOT_NOW = [408, 425, 429];

interface Handing {
  readonly asked: Row<"approvals">;
  readonly deployId: string;
}

/** Begins at once. The returned function ends it, and resolves when nothing is under way. */
export function keepHandingOver({ journal, clock, grants, carriers, rules, post, close, log }: HandOverParts): () => Promise<void> {
  const { store } = journal;
  const view = () => ({ store, now: clock.now(), settings: { deploys: rules } });

  async function attempt(owed: HandOver): Promise<Tried<HandOver>> {
    const { approvalId, deployId, why: before } = owed;
    const [asked, deploy] = await Promise.all([store.get("approvals", approvalId), store.get("deploys", deployId)]);
    if (!asked || !deploy) return { settled: async () => [] };
    const handing = { asked, deployId };
    const carrier = carrierFor(carriers, placeOf(asked));
    // Used already: it was taken, and the answer was lost.
    if (asked.state === "consumed") return taken(handing, carrier, before);
    if (isReported(asked, deploy)) return { settled: async () => [] };
    if (!isLive(deploy)) return notTaken(handing, `that deploy is ${deploy.state.replaceAll("_", " ")} by now`);
    if (!carrier) return notTaken(handing, "the configuration no longer names anybody who carries it out");
    if (!isExact(asked)) return notTaken(handing, "its action holds what looks like a secret, so the hub has kept it masked");
    if (clock.now() >= endOf(asked)) return notTaken(handing, `${before ?? "nobody took it"}, until the approval's time was over`);
    const result = await post(carrier, approvalId, bodyOf(asked, deploy, await grants.sign(asked)));
    if ("status" in result && result.status >= 200 && result.status < 300) return taken(handing, carrier, before);
    const why = `${hostOf(carrier)} ${wordsOf(result)}`;
    if (isForGood(result)) return notTaken(handing, why);
    return { later: { ...owed, why }, writes: why === before ? [] : await notYet(handing, { why, isFirst: before === undefined }) };
  }

  /** `delay`: why it was not taken at once. */
  function taken(handing: Handing, carrier: Carrier | undefined, delay: string | undefined): Tried<HandOver> {
    const { asked, deployId } = handing;
    const to = carrier ? hostOf(carrier) : "the one who used its grant";
    return {
      settled: async () => {
        const card = await wished(handing, { outcome: to });
        const isNews = card.length > 0;
        const text = `${nameOf(asked)}: ${asked.code} is handed over now; ${to} carries it out.`;
        return [
          audit("deploy.handed_over", asked.id, { to }),
          ...card,
          ...(isNews ? [awaitResult(deployId, asked.id, view())] : []),
          ...(isNews && delay !== undefined ? await wishSayings({ ...asked, deployId }, { level: "info", text }, view()) : []),
        ];
      },
    };
  }

  /** Onto the card whenever the reason is another; aloud once. */
  async function notYet(handing: Handing, { why, isFirst }: { readonly why: string; readonly isFirst: boolean }): Promise<Write[]> {
    const { asked, deployId } = handing;
    const delay = { why, until: endOf(asked) };
    const card = await wished(handing, { delay });
    if (!isFirst) return card;
    const text = `🟠 ${nameOf(asked)}: ${asked.code} was approved; ${delayWords(delay)}`;
    const said = await wishSayings({ ...asked, deployId }, { level: "warning", text }, view());
    return [audit("deploy.not_handed_over_yet", asked.id, { why }), ...card, ...said];
  }

  function notTaken({ asked, deployId }: Handing, why: string): Tried<HandOver> {
    const text = `🟠 ${nameOf(asked)}: ${asked.code} was approved and could not be handed over: ${why}. Nothing is known to be done; it may be asked again.`;
    log.warn({ approval: asked.id, deploy: deployId, why }, "what was approved could not be handed over");
    return {
      settled: async () => [
        audit("deploy.not_handed_over", asked.id, { why }),
        ...(await wishSayings({ ...asked, deployId }, { level: "warning", text }, view())),
        ...(await wished({ asked, deployId }, { state: "not_taken", outcome: why })),
      ],
    };
  }

  /** Onto the card, unless what came of it has been reported by now. */
  async function wished({ asked, deployId }: Handing, set: Partial<Wish>): Promise<Write[]> {
    const deploy = await store.get("deploys", deployId);
    if (deploy?.wish?.code !== asked.code || deploy.wish.state !== "given") return [];
    return change(deploy, { ...fieldsOf(deploy), wish: { ...deploy.wish, ...set } }, view());
  }

  const stop = keepCalling({
    journal,
    clock,
    log,
    attempt,
    prefix: HAND_OVER_PREFIX,
    shape: handOver,
    watched: "deploys",
    longestWaitMs: LONGEST_WAIT_MS,
  });
  return async () => {
    const stopped = stop();
    close();
    await stopped;
  };
}

/** What is kept of an action is masked; its digest and grant are of the exact one. */
function isExact({ ask, digest }: Row<"approvals">): boolean {
  return digestOf((ask as ApprovalAsk).action) === digest;
}

/** What the service gets. The action is exactly what the digest is of. */
function bodyOf(asked: Row<"approvals">, { id, state, report }: Row<"deploys">, grant: string) {
  const { action, title, reason } = asked.ask as ApprovalAsk;
  const { app, environment, deploy_id, revision, urls } = report;
  return {
    id: asked.id,
    type: "carry_out",
    action,
    deploy: { id, deploy_id, app, environment, state, revision, urls },
    approval: {
      id: asked.id,
      code: asked.code,
      digest: asked.digest,
      class: asked.class,
      title,
      reason,
      decided_by: asked.decider ?? undefined,
      decided_at: asked.decidedAt,
      decision_reason: asked.decisionReason ?? undefined,
    },
    grant,
    grant_expires_at: endOf(asked),
    trace: asked.trace,
  };
}

/** Used later, a grant is refused anyway. */
function endOf({ decidedAt, policy }: Row<"approvals">): number {
  return (decidedAt ?? 0) + policy.executionWindowMs;
}

/** What came of it is known already, though whoever did it has not answered. */
function isReported({ ask }: Row<"approvals">, { state, wish }: Row<"deploys">): boolean {
  return wish?.state === "done" || (state === "rolled_back" && (ask as ApprovalAsk).tool === "deploy.rollback");
}

function nameOf(asked: Row<"approvals">): string {
  const { app, environment } = placeOf(asked);
  return `**${app}** (${environment})`;
}

function placeOf({ ask }: Row<"approvals">) {
  const { app = "", environment = "" } = ask as ApprovalAsk;
  return { app, environment };
}

function hostOf({ url }: Recipient): string {
  return new URL(url).host;
}

/** Whoever asked waits for it: they hear at once what nobody mends by trying again, and ask again when it is mended. */
function isForGood(result: CallResult): boolean {
  return "status" in result && result.status >= 300 && result.status < 500 && !NOT_NOW.includes(result.status);
}

function wordsOf(result: CallResult): string {
  if ("status" in result) return `answered ${result.status}`;
  return `could not be reached (${failureWords(result.failed) ?? result.failed})`;
}
