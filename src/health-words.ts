/** A report of the hub's health as lines for a person. Pure. */
import { counted, lasting } from "./contract/counted.ts";
import type { AccountHealth, HealthReport, OrchestratorHealth } from "./health.ts";

export interface HealthLine {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function healthLines(report: HealthReport): HealthLine[] {
  const { at, phase, store, connectors, orchestrators } = report;
  return [
    ...(phase === "running" ? [] : [{ name: "hub", ok: false, detail: phase }]),
    { name: "journal", ok: store.ok, detail: store.ok ? waitingWords(report.waiting) : (store.detail ?? "cannot be read") },
    ...connectors.map((health) => ({ name: health.account, ok: health.ok, detail: accountWords(health, at) })),
    ...orchestrators.map((health) => ({ name: health.alias, ok: health.answered, detail: agentWords(health, at) })),
  ];
}

function waitingWords({ outbox, turns, approvals, dead }: HealthReport["waiting"]): string {
  return `${counted(turns, "turn")}, ${counted(outbox, "message")} to send, ${approvals} to decide${dead > 0 ? `, ${dead} undeliverable` : ""}`;
}

/** A quiet chat is healthy: when something was last heard is told, and never judged. */
function accountWords({ ok, reachable, detail, facts, held }: AccountHealth, at: number): string {
  const state = detail ?? (ok ? "connected" : reachable ? "not signed in" : "not reachable");
  const times = [ago("heard", facts.lastInboundAt, at), ago("sent", facts.lastReceiptAt, at)];
  return sentence([state, ...times, ...heldWords(held, at)]);
}

function heldWords(held: AccountHealth["held"], at: number): string[] {
  const [whole] = held.filter(({ scope }) => scope === "account");
  const chats = held.filter(({ scope }) => scope === "chat");
  const [longest] = chats;
  return [
    ...(whole ? [`asked by the platform to wait ${lasting(whole.until - at)} more, after a call in ${whole.chat}`] : []),
    ...(longest && chats.length === 1 ? [`asked to wait ${lasting(longest.until - at)} more in ${longest.chat}`] : []),
    ...(longest && chats.length > 1 ? [`asked to wait in ${chats.length} chats, the longest ${lasting(longest.until - at)} more`] : []),
  ];
}

function agentWords({ answered, detail, lastAnswerAt, withinMs }: OrchestratorHealth, at: number): string {
  const state = detail ?? (answered ? `answers within ${lasting(withinMs)}` : `did not answer within ${lasting(withinMs)}`);
  return sentence([state, ago("last answer", lastAnswerAt, at)]);
}

function ago(what: string, then: number | undefined, at: number): string {
  if (then === undefined) return "";
  return at - then < 1000 ? `${what} just now` : `${what} ${lasting(at - then)} ago`;
}

function sentence(parts: readonly string[]): string {
  return parts.filter(Boolean).join("; ");
}
