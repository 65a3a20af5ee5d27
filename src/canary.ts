/**
 * Proves an account by a round trip: a message of the hub's own goes the way of all others, and then the platform is asked whether it has it.
 * Off by default. Invariants: a chat is not flooded, since one message is changed in place where the platform lets it be; what the platform
 * asked to wait for is no trouble; a failed round is told until one succeeds.
 */
import { type Clock, within } from "./clock.ts";
import type { Connector } from "./contract/connector.ts";
import { HubError } from "./contract/errors.ts";
import { say } from "./contract/handler.ts";
import { newId } from "./contract/ids.ts";
import { put } from "./contract/store.ts";
import type { Row } from "./contract/tables.ts";
import { counted, lasting } from "./contract/counted.ts";
import type { Held } from "./delivery/governor.ts";
import type { Journal } from "./store/journal.ts";

export interface CanaryConfig {
  readonly account: string;
  /** Default: the account's home chat. */
  readonly chat?: string | undefined;
  readonly everyMs: number;
}

export interface CanaryParts {
  readonly config: CanaryConfig;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly held: (account: string) => readonly Held[];
  readonly log: { warn(facts: Record<string, unknown>, text: string): void };
}

export interface Canary {
  /** Call once. The returned function ends it: no further round. */
  start(): () => Promise<void>;
  /** Why the last round of this account failed, for a person; undefined when it did not, or there is none. */
  trouble(account: string): string | undefined;
}

/** A round has at most this long to appear. */
const APPEAR_MS = 60_000;
/** How long the platform may take to say what it has. */
const LOOK_MS = 10_000;
/** A message is changed in place for this long, and then another is sent: the platform is not asked for what lies far back. */
const CHANGED_FOR_MS = 86_400_000;
const TEXT = "A check that this account works; nobody needs to answer.";

/** Throws HubError `config_invalid` where the account cannot have one. */
export function createCanary({ config, journal, clock, connectors, held, log }: CanaryParts): Canary {
  const { account, everyMs } = config;
  const { chat, connector, look } = ableTo(config, connectors.get(account));
  const address = { account, chat };
  const kept = `canary/${account}/${chat}`;
  const appearMs = Math.min(APPEAR_MS, everyMs / 2);
  /** The next round, and the end of this one. */
  let timers: readonly (() => void)[] = [];
  let trouble: string | undefined;

  async function begin(): Promise<void> {
    const { id, shown } = await send();
    timers = [...timers, clock.setTimer(appearMs, () => void end(id, shown).catch(failed))];
  }

  async function send(): Promise<{ readonly id: string; readonly shown: Row<"outbox"> | undefined }> {
    const shown = await lastShown();
    const id = newId("out");
    const text = `${TEXT} ${new Date(clock.now()).toISOString()}`;
    const saying = say({ address, trace: newId("trc"), id, text, urgency: "progress", edits: shown?.id, coalesceKey: kept });
    const writes = [saying.write, put("kv", kept, { value: shown?.id ?? id, expiresAt: null })];
    await journal.commit({ actorId: "hub", scope: `account/${account}`, writes });
    return { id, shown };
  }

  /** A journal that takes no row is told of by itself. */
  function next(): void {
    timers = [clock.setTimer(everyMs, next)];
    void begin().catch((thrown: unknown) => log.warn({ account, err: thrown }, "a canary could not be sent"));
  }

  /** The message to change in place. */
  async function lastShown(): Promise<Row<"outbox"> | undefined> {
    const id = (await journal.store.get("kv", kept))?.value;
    const row = id === undefined || !connector.can?.edit || trouble !== undefined ? undefined : await journal.store.get("outbox", id);
    const forMs = Math.min(CHANGED_FOR_MS, connector.limits?.editWindowMs ?? Infinity) - everyMs;
    return row?.state === "sent" && clock.now() - row.createdAt < forMs ? row : undefined;
  }

  async function end(id: string, shown: Row<"outbox"> | undefined): Promise<void> {
    const row = await journal.store.get("outbox", id);
    if (row?.state !== "sent" && held(account).some((each) => each.scope === "account" || each.chat === chat)) return;
    const since = clock.now() - appearMs;
    if (row?.op.type !== "send" || row.state !== "sent")
      return tell(`a message sent to prove it did not leave within ${lasting(appearMs)}`);
    const first = shown ?? row;
    const sought = { ...row.op.message, idempotencyKey: first.id };
    const receipt = await within(clock, LOOK_MS, look(sought, new Date(Math.min(first.createdAt, since)).toISOString()));
    tell(receipt ? undefined : `the platform took a message sent to prove it, and does not have it ${lasting(appearMs)} later`);
  }

  function failed(thrown: unknown): void {
    log.warn({ account, err: thrown }, "whether a canary arrived could not be asked");
    tell("the platform does not say whether it has a message sent to prove it");
  }

  function tell(now: string | undefined): void {
    if (now !== undefined && trouble === undefined) log.warn({ account }, `unhealthy: ${now}`);
    trouble = now;
  }

  return {
    start() {
      next();
      return async () => timers.forEach((cancel) => cancel());
    },
    trouble: (of) => (of === account ? trouble : undefined),
  };
}

type Look = NonNullable<NonNullable<Connector["can"]>["reconcile"]>;

interface Able {
  readonly chat: string;
  readonly connector: Connector;
  readonly look: Look;
}

function ableTo(config: CanaryConfig, connector: Connector | undefined): Able {
  const wrong = canaryProblem(config, connector);
  const look = connector?.can?.reconcile;
  const chat = config.chat ?? connector?.homeChat;
  if (connector && look && chat !== undefined) return { chat, connector, look };
  throw new HubError("config_invalid", { count: counted(1, "problem"), problems: `  - canary ${wrong}` });
}

/** Why this account cannot have a canary; undefined when it can. */
export function canaryProblem({ account, chat }: CanaryConfig, connector: Connector | undefined): string | undefined {
  if (!connector) return `names ${account}, which is no account there is`;
  if (!connector.can?.reconcile) return `names ${account}, whose platform cannot be asked whether it has a message; name another, or none`;
  return (chat ?? connector.homeChat) === undefined ? `needs a chat: ${account} has no home chat to say it in` : undefined;
}
