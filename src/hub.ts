/**
 * The journey of a message, in the order it happens. Each step is a file of that name in `steps/` and has one failure exit.
 *
 *   platform ─► receive ─► RECORD ─► AUTHORIZE ─► ROUTE ─► DISPATCH ─► handler ─► orchestrator session
 *   platform ◄─ DELIVER ◄─ RENDER ◄─ outbox rows, committed with the state they belong to ◄─┘ events
 */
import type { Clock } from "./clock.ts";
import { createAccounts, type Accounts } from "./accounts/accounts.ts";
import type { Connector, Files } from "./contract/connector.ts";
import { HubError, known } from "./contract/errors.ts";
import type { Handler, HandlerSettings, LiveFacts, UrlChecked } from "./contract/handler.ts";
import { addressKey, newId } from "./contract/ids.ts";
import type { Ack, PersonEvent } from "./contract/message.ts";
import type { OrchestratorDriver, SessionEvent } from "./contract/orchestrator.ts";
import type { TableName } from "./contract/tables.ts";
import { createGovernor, type Governor } from "./delivery/governor.ts";
import { createEffects, type EffectsParts } from "./effects.ts";
import type { Log } from "./log.ts";
import type { Secrecy } from "./redaction/secrets.ts";
import { createSerial } from "./serial.ts";
import { createAloud } from "./steps/aloud.ts";
import { createAuthorize } from "./steps/authorize.ts";
import { createDeliver } from "./steps/deliver.ts";
import { createDispatch, type Dispatch } from "./steps/dispatch.ts";
import { createOpenThread } from "./steps/open-thread.ts";
import { ackAgain, addressOf, createRecord } from "./steps/record.ts";
import { createRoute, type Routed } from "./steps/route.ts";
import { takeUp } from "./steps/take-up.ts";
import type { Journal } from "./store/journal.ts";
import { createEvents, type EventsParts } from "./turns/events.ts";
import { createTurns, type TurnsParts } from "./turns/runner.ts";
import { createShow } from "./turns/show.ts";
import { createTyping } from "./turns/typing.ts";
import { createAlarm } from "./alarm.ts";

export interface HubParts extends Pick<EffectsParts, "look"> {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly drivers: ReadonlyMap<string, OrchestratorDriver>;
  readonly handlers: readonly Handler[];
  readonly settings: HandlerSettings;
  readonly live: Pick<LiveFacts, "health">;
  readonly messageBytes: number;
  readonly secrecy: Pick<Secrecy, "hide" | "growing">;
  readonly keepFile: Files["keep"];
}

export interface Hub extends Pick<Dispatch, "decide" | "ask" | "announce" | "submit"> {
  /** Takes up what a former life left, then connects every account. */
  start(): Promise<void>;
  /** An event of a person. Rejects when it could not be journalled: then the platform must not be acknowledged. */
  receive(account: string, event: PersonEvent): Promise<Ack>;
  /** An event of an orchestrator, from its driver or through the MCP server. */
  report(event: SessionEvent): Promise<void>;
  /** The id of the turn a session works on. */
  currentTurn(session: string): string | undefined;
  readonly accounts: Pick<Accounts, "caughtUp" | "isUp" | "downBecause">;
  /** What platforms hold, see {@link Governor.held}. */
  readonly held: Governor["held"];
  /** `starting` until what a former life left is taken up and every account is connected or has failed to be. */
  phase(): "starting" | "running" | "stopping";
  /** Nothing new is taken; what is on its way gets its receipt. */
  stop(): Promise<void>;
}

export function createHub(parts: HubParts): Hub {
  const { journal, clock, log, connectors, drivers, handlers, settings, live, messageBytes } = parts;
  const { hide: hideSecrets, growing } = parts.secrecy;
  const lanes = createSerial();
  const unsubscribes: (() => void)[] = [];
  let phase: ReturnType<Hub["phase"]> = "starting";
  const driverOf = (name: string): OrchestratorDriver => known(drivers.get(name), name);
  const connectorOf = (account: string): Connector | undefined => connectors.get(account);
  const options: LiveFacts["options"] = ({ orchestrator, id }) => drivers.get(orchestrator)?.options?.(id);
  const view = () => ({ store: journal.store, now: clock.now(), settings, live: { ...live, options } });
  const accounts = createAccounts({ journal, clock, connectors, settings, log });
  const connected = (account: string): Connector | undefined => (accounts.isUp(account) ? connectorOf(account) : undefined);
  const record = createRecord({ journal, clock, messageBytes, hideSecrets, ...settings });
  const authorize = createAuthorize({ journal, clock, ...settings });
  const route = createRoute({ journal, clock, connectorOf, ...settings });
  const governor = createGovernor(clock, (account) => connectorOf(account)?.limits);
  const deliver = createDeliver({ ...parts, governor, connectorOf: connected, redact: settings.redact });
  const later = { current: (session: string) => turns.current(session), looked: (seen: UrlChecked) => dispatch.checked(seen) };
  const effects = createEffects({ ...parts, ...later, aside: deliver.aside });
  const dispatch = createDispatch({ journal, clock, handlers, view, hideSecrets, lanes, perform: effects.perform, log });
  const openThread = createOpenThread({ clock, connectorOf, accounts, governor, route, dispatch, log });
  const onward = (routed: Routed): Promise<Ack> => (routed.needsThread ? openThread(routed) : dispatch.fromPerson(routed));
  const onwardAgain = (routed: Routed): Promise<unknown> => (routed.needsThread ? openThread(routed) : dispatch.takeUp(routed));
  const handleSaid: EventsParts["handle"] = (session, turn, said) =>
    dispatch.fromOrchestrator({ session, turn, trace: turn?.trace ?? newId("trc"), ...said });
  const handle: TurnsParts["handle"] = (session, turn, event) => handleSaid(session, turn, { event });
  const show = createShow({ journal, clock, connectorOf, aside: deliver.aside, ...growing, log });
  const typing = createTyping({ clock, connectorOf, aside: deliver.aside, isShowing: show.isShowing });
  const turns = createTurns({ journal, clock, driverOf, aliasOf: settings.aliasOf, handle, typing, log });
  const report = createEvents({ journal, clock, lanes, current: turns.current, handle: handleSaid, ended: turns.ended, ...growing, show });
  const receive = createAloud({ clock, governor, connectorOf, log }, take);
  const alarm = createAlarm(clock, () => dispatch.due(), log);

  async function take(account: string, event: PersonEvent): Promise<Ack> {
    if (phase === "stopping") throw new HubError("hub_stopping");
    try {
      const routed = await lanes.run(`receive/${addressKey(addressOf(account, event))}`, async () => {
        const recorded = await record(account, event);
        if (!recorded || ["done", "refused", "dead"].includes(recorded.row.status)) return ackAgain(recorded?.row);
        const authorized = await authorize(recorded);
        if (!authorized.allowed) return { type: "refused", privateText: authorized.privateText } as const;
        return route(authorized.row, authorized.person);
      });
      return "type" in routed ? routed : await onward(routed);
    } catch (thrown) {
      // What trying again cannot mend is answered; everything else is not acknowledged, so that the platform delivers it again.
      if (thrown instanceof HubError && thrown.verdict === "drop")
        return { type: "refused", privateText: `${thrown.message} ${thrown.remedy}` };
      throw thrown;
    }
  }

  async function start(): Promise<void> {
    await deliver.resume();
    unsubscribes.push(journal.onChange(wake));
    for (const driver of drivers.values()) unsubscribes.push(driver.onEvent(report));
    await takeUp({ journal, authorize, route, log, onward: onwardAgain });
    await effects.resume();
    await accounts.start(receive, deliver.wake);
    wake(new Set(["outbox", "turns", "approvals"]));
    if (phase === "starting") phase = "running";
  }

  function wake(changed: ReadonlySet<TableName>): void {
    if (changed.has("outbox")) deliver.wake();
    if (changed.has("turns")) turns.wake();
    if (changed.has("approvals") || changed.has("canvases") || changed.has("deploys")) alarm.wake();
  }

  async function stop(): Promise<void> {
    phase = "stopping";
    await alarm.stop();
    await turns.stop();
    await lanes.idle();
    await deliver.drain();
    await accounts.stop();
    for (const unsubscribe of unsubscribes) unsubscribe();
  }

  const { decide, ask, announce, submit } = dispatch;
  const seen = { currentTurn: turns.current, accounts, held: governor.held, phase: () => phase };
  return { start, receive, report, decide, ask, announce, submit, ...seen, stop };
}
