/** Whether the hub can do its work, asked of everything it stands on. Healthy means answered, never "the process is there". */
import { type Clock, within } from "./clock.ts";
import type { Connector, ConnectorFacts, ConnectorHealth } from "./contract/connector.ts";
import type { DriverHealth, OrchestratorDriver } from "./contract/orchestrator.ts";
import { asHubError } from "./contract/errors.ts";
import type { Store } from "./contract/store.ts";
import type { Held } from "./delivery/governor.ts";
import type { Hub } from "./hub.ts";

export interface HealthReport {
  /** When it was asked, epoch ms. */
  readonly at: number;
  readonly phase: ReturnType<Hub["phase"]>;
  /** Everything the hub needs answers, and it takes messages. */
  readonly ready: boolean;
  /** Why it is not ready, a sentence each; none when it is. They name accounts and orchestrators and quote nobody. */
  readonly reasons: readonly string[];
  /** `place`: the database as people know it, without its password. */
  readonly store: { readonly ok: boolean; readonly place: string; readonly detail?: string | undefined };
  readonly connectors: readonly AccountHealth[];
  readonly orchestrators: readonly OrchestratorHealth[];
  readonly waiting: { readonly outbox: number; readonly turns: number; readonly approvals: number; readonly dead: number };
}

export interface AccountHealth extends Omit<ConnectorHealth, "facts"> {
  readonly account: string;
  readonly kind: string;
  readonly ok: boolean;
  /** What the connector says of itself, before what the journal knows. */
  readonly facts: { readonly [F in keyof ConnectorFacts]?: ConnectorFacts[F] | undefined };
  /** What the platform holds, the longest first. It is waited out, so this is no trouble of the account's. */
  readonly held: readonly Held[];
}

export interface OrchestratorHealth extends DriverHealth {
  readonly name: string;
  readonly alias: string;
  readonly driver: string;
  /** How long an answer may take, and how long this one took, ms. */
  readonly withinMs: number;
  readonly tookMs: number;
}

export interface HealthParts {
  readonly clock: Clock;
  readonly store: Pick<Store, "place" | "find" | "count" | "check">;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly drivers: ReadonlyMap<string, OrchestratorDriver>;
  readonly aliasOf: (orchestrator: string) => string;
  readonly hub: Pick<Hub, "phase" | "held"> & { readonly accounts: Pick<Hub["accounts"], "isUp" | "downBecause"> };
  /** Why an account's canary failed. */
  readonly canaryTrouble?: ((account: string) => string | undefined) | undefined;
  /** Masks secrets: a detail may quote an error of a platform. */
  readonly redact: (text: string) => string;
}

/** Whoever has not answered by then is not healthy, unless it asked for longer. */
const ANSWER_MS = 5000;
/** What a driver that keeps its own time needs to say that it is over. */
const TELL_MS = 500;
const CONNECTING = "is being connected";
const SILENT = { reachable: false, authenticated: false, detail: "did not answer in time" } as const satisfies ConnectorHealth;

export async function askHealth(parts: HealthParts): Promise<HealthReport> {
  const { clock, store, connectors, drivers, hub } = parts;
  const at = clock.now();
  // Before the rest, which would wait for it.
  const trouble = await storeTrouble(parts);
  const [accounts, orchestrators, waiting] = await Promise.all([
    Promise.all([...connectors].map(([account, connector]) => askAccount(account, connector, parts, trouble === undefined))),
    Promise.all([...drivers].map(([name, driver]) => askDriver(name, driver, parts))),
    trouble === undefined ? within(clock, ANSWER_MS, waitingIn(store)).catch(() => undefined) : undefined,
  ]);
  const phase = hub.phase();
  const isStoreWell = trouble === undefined && waiting !== undefined;
  const reasons = [
    ...(phase === "running" ? [] : [`the hub is ${phase}`]),
    ...(isStoreWell ? [] : ["the journal cannot be read and written"]),
    ...accounts.filter(({ ok }) => !ok).map(({ account }) => `account ${account} is down`),
    ...orchestrators.filter(({ answered }) => !answered).map(({ alias }) => `${alias} does not answer`),
  ];
  return {
    at,
    phase,
    ready: reasons.length === 0,
    reasons,
    store: { ok: isStoreWell, place: store.place, detail: trouble },
    connectors: accounts,
    orchestrators,
    waiting: waiting ?? { outbox: 0, turns: 0, approvals: 0, dead: 0 },
  };
}

/** Undefined when there is none. */
function storeTrouble({ clock, store }: HealthParts): Promise<string | undefined> {
  const asked = store.check().then(
    () => "",
    (thrown: unknown) => asHubError(thrown).message,
  );
  return within(clock, ANSWER_MS, asked).then((trouble) => (trouble === undefined ? SILENT.detail : trouble || undefined));
}

async function askAccount(
  account: string,
  connector: Connector,
  { clock, store, hub, canaryTrouble, redact }: HealthParts,
  isStoreWell: boolean,
): Promise<AccountHealth> {
  const down = hub.accounts.downBecause(account);
  const health: ConnectorHealth =
    down === undefined ? ((await within(clock, ANSWER_MS, connector.health())) ?? SILENT) : { ...SILENT, detail: down };
  const isUp = hub.accounts.isUp(account);
  const isWell = isUp && health.reachable && health.authenticated;
  const lost = isWell ? canaryTrouble?.(account) : undefined;
  const detail = lost ?? health.detail ?? (isUp ? undefined : CONNECTING);
  const held = hub.held(account);
  return {
    account,
    kind: connector.kind,
    ...health,
    ok: isWell && lost === undefined,
    facts: {
      ...(isStoreWell ? await within(clock, ANSWER_MS, journalledFacts(store, account)).catch(() => undefined) : undefined),
      pacedUntil: held.find(({ scope }) => scope === "account")?.until,
      ...health.facts,
    },
    held,
    detail: detail && redact(detail),
  };
}

async function askDriver(name: string, driver: OrchestratorDriver, { clock, aliasOf, redact }: HealthParts): Promise<OrchestratorHealth> {
  const withinMs = driver.healthWithinMs ?? ANSWER_MS;
  const asked = clock.now();
  const health = (await within(clock, withinMs + TELL_MS, driver.health())) ?? { answered: false, detail: SILENT.detail };
  const tookMs = clock.now() - asked;
  return { name, alias: aliasOf(name), driver: driver.driver, ...health, withinMs, tookMs, detail: health.detail && redact(health.detail) };
}

/** What the journal knows of an account. */
async function journalledFacts(store: HealthParts["store"], account: string): Promise<AccountHealth["facts"]> {
  const latest = { newestFirst: true, limit: 1 } as const;
  const [[inbound], [sent]] = await Promise.all([
    store.find("inbox", { where: { account }, ...latest }),
    store.find("outbox", { where: { account, state: "sent" }, ...latest }),
  ]);
  return { lastInboundAt: inbound?.times.received ?? inbound?.createdAt, lastReceiptAt: sent?.times.sent };
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
