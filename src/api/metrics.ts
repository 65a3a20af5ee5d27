/** Numbers for Prometheus, read from the journal and from health when they are asked for, so that nothing has to be counted along the way. */
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { TableFields } from "../contract/tables.ts";
import type { ApiParts } from "./parts.ts";

const STATES = {
  inbox: ["recorded", "routed", "done", "refused"],
  outbox: ["queued", "sending", "sent", "unknown", "failed", "dead"],
  turns: ["queued", "prompting", "running", "done", "failed", "stopped"],
  approvals: ["pending", "approved", "denied", "expired", "cancelled", "consumed", "answered"],
} as const satisfies {
  inbox: readonly TableFields["inbox"]["status"][];
  outbox: readonly TableFields["outbox"]["state"][];
  turns: readonly TableFields["turns"]["state"][];
  approvals: readonly TableFields["approvals"]["state"][];
};

/** The returned function gives the text of one scrape. */
export function createMetrics({ journal: { store }, health }: Pick<ApiParts, "journal" | "health">): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[]) => new Gauge({ name, help, labelNames, registers: [registry] });
  const rows = gauge("mos_hub_rows", "Rows of the journal by table and state.", ["table", "state"]);
  const ready = gauge("mos_hub_ready", "1 when everything the hub needs answers.", []);
  const connector = gauge("mos_hub_connector_up", "1 when the platform answers and knows the account.", ["account", "kind"]);
  const orchestrator = gauge("mos_hub_orchestrator_up", "1 when the orchestrator answers.", ["name"]);

  return async () => {
    for (const state of STATES.inbox) rows.set({ table: "inbox", state }, await store.count("inbox", { status: state }));
    for (const state of STATES.outbox) rows.set({ table: "outbox", state }, await store.count("outbox", { state }));
    for (const state of STATES.turns) rows.set({ table: "turns", state }, await store.count("turns", { state }));
    for (const state of STATES.approvals) rows.set({ table: "approvals", state }, await store.count("approvals", { state }));
    const report = await health();
    ready.set(Number(report.ready));
    for (const { account, kind, ok } of report.connectors) connector.set({ account, kind }, Number(ok));
    for (const { name, answered } of report.orchestrators) orchestrator.set({ name }, Number(answered));
    return registry.metrics();
  };
}
