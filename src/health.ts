/** Whether the hub can do its work, asked of everything it stands on. Healthy means answered, never "the process is there". */
import { type Clock, within } from "./clock.ts";
import type { Connector, ConnectorHealth } from "./contract/connector.ts";
import type { DriverHealth, OrchestratorDriver } from "./contract/orchestrator.ts";
import { asHubError } from "./contract/errors.ts";
import { counted } from "./counted.ts";
import type { Store } from "./contract/store.ts";
import { accountHeldUntil } from "./delivery/holds.ts";

export interface HealthReport {
  readonly ready: boolean;
  readonly store: { readonly ok: boolean; readonly detail?: string | undefined };
  readonly connectors: readonly ({ readonly account: string; readonly kind: string; readonly ok: boolean } & ConnectorHealth)[];
  readonly orchestrators: readonly ({ readonly name: string; readonly alias: string; readonly driver: string } & DriverHealth)[];
  readonly waiting: { readonly outbox: number; readonly turns: number; readonly approvals: number; readonly dead: number };
}

export interface HealthParts {
  readonly clock: Clock;
  readonly store: Pick<Store, "find" | "count" | "check">;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly drivers: ReadonlyMap<string, OrchestratorDriver>;
  readonly aliasOf: (orchestrator: string) => string;
  /** Why an account could not be connected. */
  readonly downBecause: (account: string) => string | undefined;
  /** Masks secrets: a detail may quote an error of a platform. */
  readonly redact: (text: string) => string;
}

/** Whoever has not answered by then is not healthy. */
const ANSWER_MS = 5000;
const SILENT: ConnectorHealth = { reachable: false, authenticated: false, detail: "did not answer in time" };

export async function askHealth({ clock, store, connectors, drivers, aliasOf, downBecause, redact }: HealthParts): Promise<HealthReport> {
  const [accounts, orchestrators, trouble, waiting] = await Promise.all([
    Promise.all(
      [...connectors].map(async ([account, connector]) => {
        const detail = downBecause(account);
        const health = detail === undefined ? ((await within(clock, ANSWER_MS, connector.health())) ?? SILENT) : { ...SILENT, detail };
        return {
          account,
          kind: connector.kind,
          ok: health.reachable && health.authenticated,
          ...health,
          facts: health.facts && { ...(await journalledFacts(store, account, clock.now()).catch(() => undefined)), ...health.facts },
          detail: health.detail && redact(health.detail),
        };
      }),
    ),
    Promise.all(
      [...drivers].map(async ([name, driver]) => {
        const health = (await within(clock, ANSWER_MS, driver.health())) ?? { answered: false, detail: "did not answer in time" };
        return { name, alias: aliasOf(name), driver: driver.driver, ...health, detail: health.detail && redact(health.detail) };
      }),
    ),
    store.check().then(
      () => undefined,
      (thrown: unknown) => asHubError(thrown).message,
    ),
    waitingIn(store).catch(() => undefined),
  ]);
  const isStoreWell = trouble === undefined && waiting !== undefined;
  const ready = isStoreWell && accounts.every(({ ok }) => ok);
  return {
    ready,
    store: { ok: isStoreWell, detail: trouble },
    connectors: accounts,
    orchestrators,
    waiting: waiting ?? { outbox: 0, turns: 0, approvals: 0, dead: 0 },
  };
}

/** What the journal knows of an account; the connector's own facts go before these. */
async function journalledFacts(store: HealthParts["store"], account: string, now: number) {
  const latest = { newestFirst: true, limit: 1 } as const;
  const [[inbound], [sent], heldUntil] = await Promise.all([
    store.find("inbox", { where: { account }, ...latest }),
    store.find("outbox", { where: { account, state: "sent" }, ...latest }),
    accountHeldUntil(store, account),
  ]);
  return {
    lastInboundAt: inbound?.times.received ?? inbound?.createdAt,
    lastReceiptAt: sent?.times.sent,
    pacedUntil: heldUntil !== undefined && heldUntil > now ? heldUntil : undefined,
  };
}

async function waitingIn(store: Pick<Store, "count">): Promise<HealthReport["waiting"]> {
  const [outbox, turns, approvals, dead] = await Promise.all([
    store.count("outbox", { state: { in: ["queued", "sending", "unknown"] } }),
    store.count("turns", { state: { in: ["queued", "prompting", "running"] } }),
    store.count("approvals", { state: "pending" }),
    store.count("outbox", { state: "dead" }),
  ]);
  return { outbox, turns, approvals, dead };
}

/** The report as lines for a person. */
export function healthLines(report: HealthReport): { readonly name: string; readonly ok: boolean; readonly detail: string }[] {
  const accounts = report.connectors.map(({ account, ok, detail, reachable }) => ({
    name: account,
    ok,
    detail: detail ?? (ok ? "connected" : reachable ? "not signed in" : "not reachable"),
  }));
  const agents = report.orchestrators.map(({ alias, answered, detail }) => ({
    name: alias,
    ok: answered,
    detail: detail ?? (answered ? "answers" : "does not answer"),
  }));
  const { outbox, turns, approvals, dead } = report.waiting;
  const waiting = `${counted(turns, "turn")}, ${counted(outbox, "message")} to send, ${approvals} to decide${dead > 0 ? `, ${dead} undeliverable` : ""}`;
  return [
    { name: "journal", ok: report.store.ok, detail: report.store.ok ? waiting : (report.store.detail ?? "cannot be read") },
    ...accounts,
    ...agents,
  ];
}
