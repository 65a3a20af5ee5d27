/**
 * Hands what was approved to the service that carries it out: a signed POST with the exact action and its grant, again until it is taken or the approval
 * may no longer be used. The service may hear it twice, under one id. Invariants: only what the configuration names is called, and only with
 * exactly what was approved; what could not be handed over says so on the card and where it was asked.
 */
import { digestOf } from "../approvals/digest.ts";
import type { Grants } from "../approvals/grants.ts";
import type { Clock } from "../clock.ts";
import type { DeployCarrier, DeployRules, Wish } from "../contract/deploys.ts";
import { say } from "../contract/handler.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import { audit, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";
import type { CallResult } from "../web/call.ts";
import { failureWords } from "../web/failures.ts";
import { keepCalling, type Tried } from "../web/owed-calls.ts";
import type { Recipient, SignedPost } from "../web/signed-post.ts";
import { carrierFor } from "./carriers.ts";
import { change, fieldsOf } from "./change.ts";
import { HAND_OVER_PREFIX, handOver, type HandOver } from "./owed.ts";
import { awaitResult } from "./results.ts";

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
    const { approvalId, deployId, why } = owed;
    const [asked, deploy] = await Promise.all([store.get("approvals", approvalId), store.get("deploys", deployId)]);
    if (!asked || !deploy) return { settled: async () => [] };
    const handing = { asked, deployId };
    const carrier = carrierFor(carriers, placeOf(asked));
    // Used already: it was taken, and the answer was lost.
    if (asked.state === "consumed") return taken(handing, carrier);
    if (!carrier) return notTaken(handing, "the configuration no longer names anybody who carries it out");
    if (!isExact(asked)) return notTaken(handing, "its action holds what looks like a secret, so the hub has kept it masked");
    if (isOver(asked)) return notTaken(handing, `${why ?? "nobody took it"}, until the approval's time was over`);
    const result = await post(carrier, approvalId, bodyOf(asked, deploy, await grants.sign(asked)));
    if ("status" in result && result.status >= 200 && result.status < 300) return taken(handing, carrier);
    const words = `${hostOf(carrier)} ${wordsOf(result)}`;
    return isForGood(result) ? notTaken(handing, words) : { later: { ...owed, why: words } };
  }

  /** Used later, a grant is refused anyway. */
  function isOver({ decidedAt, policy }: Row<"approvals">): boolean {
    return clock.now() >= (decidedAt ?? 0) + policy.executionWindowMs;
  }

  function taken({ asked, deployId }: Handing, carrier: Carrier | undefined): Tried<HandOver> {
    const to = carrier ? hostOf(carrier) : "the one who used its grant";
    return {
      settled: async () => {
        const card = await wished({ asked, deployId }, { outcome: to });
        const awaited = card.length > 0 ? [awaitResult(deployId, asked.id, view())] : [];
        return [audit("deploy.handed_over", asked.id, { to }), ...card, ...awaited];
      },
    };
  }

  function notTaken({ asked, deployId }: Handing, why: string): Tried<HandOver> {
    const { address, trace, code } = asked;
    const { app, environment } = placeOf(asked);
    const text = `🟠 **${app}** (${environment}): ${code} was approved and could not be handed over: ${why}. Nothing is known to be done; it may be asked again.`;
    log.warn({ approval: asked.id, deploy: deployId, why }, "what was approved could not be handed over");
    return {
      settled: async () => [
        audit("deploy.not_handed_over", asked.id, { why }),
        say({ address, trace, text, urgency: "reply", card: { type: "notice", level: "warning", text } }).write,
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
    grant_expires_at: (asked.decidedAt ?? 0) + asked.policy.executionWindowMs,
    trace: asked.trace,
  };
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
