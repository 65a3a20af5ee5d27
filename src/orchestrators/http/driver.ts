/**
 * An orchestrator on the other side of HTTP: it fetches what it has to be told, or is called, and posts what it has to say. The hub neither starts
 * nor ends it. Invariant: everything between the two is in the record before anybody is told that it is taken.
 */
import { HubError } from "../../contract/errors.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type {
  Answer,
  DeliverOutcome,
  DriverContext,
  DriverHealth,
  OpenedSession,
  OrchestratorDriver,
  SessionRequest,
  Turn,
} from "../../contract/orchestrator.ts";
import type { CheckResult } from "../../contract/connector.ts";
import type { Delivery, InboxCall, OfferedFile, OrchestratorDoor, SentFile } from "../../contract/orchestrator-door.ts";
import { newId } from "../../contract/ids.ts";
import { digestOfSent } from "../../taken.ts";
import type { DriverMachine } from "../machine.ts";
import { type Carrier, startPump } from "./carrier.ts";
import type { HttpConfig } from "./config.ts";
import { createDeliveries, type Deliveries } from "./deliveries.ts";
import { createSessionFiles, type SessionFiles } from "./files.ts";
import { createHooks } from "./hooks.ts";
import { createLives } from "./lives.ts";
import { createColony } from "./profiles/colony.ts";
import { HOOKS } from "./profiles/hooks-of.ts";
import { createRecords, isUnderWay, type Records, type SessionRecord } from "./record.ts";
import { createReports, type Reports } from "./reports.ts";
import { createWebhook } from "./webhook.ts";

interface Parts {
  readonly config: HttpConfig;
  readonly context: DriverContext;
  readonly machine: DriverMachine;
  readonly records: Records;
  readonly deliveries: Deliveries;
  readonly reports: Reports;
  readonly files: SessionFiles;
  readonly carrier: Carrier | undefined;
}

export function createHttpDriver(config: HttpConfig, context: DriverContext, machine: DriverMachine): OrchestratorDriver {
  const { state, alias, log } = context;
  const records = createRecords(state);
  const deliveries = createDeliveries({ records, clock: machine.clock });
  const reports = createReports({ records, alias, gatewayUrl: config.gateway_url, log });
  const carrier = carrierOf(config, { context, machine, records, reports });
  const files = createSessionFiles({ state, records, files: context.files });
  return new HttpDriver({ config, context, machine, records, deliveries, reports, files, carrier });
}

type Carrying = Pick<Parts, "context" | "machine" | "records" | "reports">;

/** Undefined: it fetches. Throws `config_invalid` for what cannot work. */
function carrierOf(config: HttpConfig, { context, machine, records, reports }: Carrying): Carrier | undefined {
  const { url, secret_env: name, profile, answer_within_ms: answerWithinMs } = config;
  const secret = name === undefined ? undefined : machine.secretOf?.(name);
  const { clock } = machine;
  if (profile === "colony") {
    if (url === undefined) throw wrong("orchestrator.url: a colony needs the address of its root");
    return createColony({ url, token: secret, config, clock, records, reports, log: context.log });
  }
  if (url === undefined) return undefined;
  if (secret === undefined)
    throw wrong("orchestrator.secret_env: whoever is called needs a secret that signs the calls, in the variable named here");
  return createWebhook({ url, secret, clock, answerWithinMs });
}

function wrong(problem: string): HubError {
  return new HubError("config_invalid", { count: "1 problem", problems: `  ${problem}` });
}

class HttpDriver implements OrchestratorDriver {
  readonly driver = "http";
  readonly healthWithinMs: number;
  readonly door: OrchestratorDoor;
  readonly #parts: Parts;
  readonly #opened = new Set<SessionKey>();
  readonly #lives: ReturnType<typeof createLives>;
  readonly #endPump: (() => void) | undefined;
  readonly #startedAt: number;
  #isClosed = false;

  constructor(parts: Parts) {
    const { config, records, deliveries, reports, files, carrier, machine, context } = parts;
    this.#parts = parts;
    this.#startedAt = context.now();
    this.healthWithinMs = config.answer_within_ms;
    this.#lives = createLives({ records, reports, deliveries, now: context.now });
    const pumped = { records, deliveries, clock: machine.clock, retryMs: config.retry_ms, log: context.log };
    this.#endPump = carrier && startPump({ ...pumped, carrier, onRefused: (body, reason) => this.#endLate(body, reason) });
    const hooks = createHooks({ hooks: HOOKS[config.profile ?? "none"], state: context.state, reports });
    this.door = {
      token: config.token,
      inbox: (call) => this.#inbox(call),
      report: (report, key) => this.#heard(() => reports.take(report, key, digestOfSent(report))),
      file: (id) => this.#heard(() => files.open(id)),
      sendFile: (file, key) => this.#heard(() => this.#sendFile(file, key)),
      asked: (askId) => records.asked(askId),
      hook: (name, body, key) => this.#heard(() => hooks.take(name, body, key)),
    };
  }

  async open({ session, agentSessionId }: SessionRequest): Promise<OpenedSession> {
    if (this.#isClosed) throw new HubError("hub_stopping");
    const { records } = this.#parts;
    const life = (await records.life()) ?? "kept";
    const record = await records.change(session, (before) => (before.isOpened ? before : { ...before, isOpened: true }));
    const isLost = record.knownBy !== undefined && record.knownBy !== life;
    if (isLost) await records.change(session, (before) => ({ ...before, knownBy: life }));
    const isKnown = this.#opened.has(session) || agentSessionId !== undefined;
    this.#opened.add(session);
    return { agentSessionId: `${session}@${life}`, how: isLost ? "lost_and_new" : isKnown ? "resumed" : "new" };
  }

  async deliver(turn: Turn): Promise<DeliverOutcome> {
    const { alias } = this.#parts.context;
    if (this.#isClosed) return unavailable(new HubError("hub_stopping"));
    if (!this.#opened.has(turn.session)) return unavailable(new HubError("agent_session_lost", { alias }));
    const { config, deliveries, files } = this.#parts;
    const body = turnDelivery(turn, await files.offer(turn.turnId, turn.attachments));
    const taking = deliveries.taking(body.id, config.take_within_ms);
    const isAdded = await deliveries.add(turn.session, body, (record) => beginTurn(record, turn.turnId));
    if (!isAdded) {
      await deliveries.refused(turn.session, body.id, "busy");
      return unavailable(new HubError("agent_busy", { alias }));
    }
    const taken = await taking;
    if (taken === "taken") return { outcome: "accepted" };
    if (taken === "closing") return unavailable(new HubError("hub_stopping"));
    if (taken !== undefined) {
      await this.#forget(turn);
      return { outcome: "rejected", reason: taken.refused };
    }
    return this.#notTakenYet(turn, body.id);
  }

  /** What nobody can have seen is taken back; the rest waits there. */
  async #notTakenYet(turn: Turn, id: string): Promise<DeliverOutcome> {
    const { records, context, config } = this.#parts;
    const after = await records.change(turn.session, (record) => {
      const waits = record.deliveries.find(({ body }) => body.id === id);
      if (!waits || waits.isOffered) return record;
      return { ...record, turn: undefined, deliveries: record.deliveries.filter((one) => one !== waits) };
    });
    if (after.turn?.id !== turn.turnId)
      return unavailable(new HubError("agent_silent", { alias: context.alias, seconds: config.take_within_ms / 1000 }));
    return { outcome: after.turn.isGiven ? "accepted" : "queued" };
  }

  async #forget({ session, turnId }: Turn): Promise<void> {
    await this.#parts.records.change(session, (record) => (record.turn?.id === turnId ? { ...record, turn: undefined } : record));
  }

  /** Its person was told that it waits, and hears now that it does not. */
  async #endLate(body: Delivery, reason: string): Promise<void> {
    if (body.type !== "turn") return;
    await this.#parts.reports.add(body.session as SessionKey, [{ type: "turn_end", turnId: body.turn_id, outcome: "rejected", reason }]);
  }

  async holds(turnId: string, session: SessionKey): Promise<boolean> {
    const { records, reports } = this.#parts;
    const record = await records.get(session);
    if (record?.turn?.id !== turnId) return false;
    this.#opened.add(session);
    const { end } = record.turn;
    const isOnItsWay = record.events.some(({ event }) => event.type === "turn_end");
    if (end && !isOnItsWay) await reports.add(session, [{ type: "turn_end", turnId, ...end }]);
    return true;
  }

  async cancel(session: SessionKey): Promise<void> {
    const { records, deliveries, reports, machine, config } = this.#parts;
    const record = await records.get(session);
    if (!record?.turn || !isUnderWay(record)) return;
    const { id: turnId } = record.turn;
    const stopped = { type: "turn_end", turnId, outcome: "stopped" } as const;
    const unseen = record.deliveries.find(({ body, isOffered }) => body.type === "turn" && !isOffered);
    if (unseen) {
      await deliveries.taken([unseen.body.id], undefined);
      return reports.add(session, [stopped]);
    }
    const isAsked = (now: SessionRecord): boolean => now.deliveries.some(({ body }) => body.type === "cancel");
    const body = { id: newId("msg"), type: "cancel", session, turn_id: turnId } as const;
    await deliveries.add(session, body, (now) => (isAsked(now) ? undefined : now));
    machine.clock.setTimer(config.cancel_within_ms, () => void this.#endAnyway(session, turnId).catch(() => {}));
  }

  async #endAnyway(session: SessionKey, turnId: string): Promise<void> {
    const record = await this.#parts.records.get(session);
    if (this.#isClosed || record?.turn?.id !== turnId || !isUnderWay(record)) return;
    await this.#parts.reports.add(session, [{ type: "turn_end", turnId, outcome: "stopped", reason: "it did not stop by itself" }]);
  }

  async answer(answer: Answer): Promise<boolean> {
    const { records, deliveries } = this.#parts;
    const { requestId, epoch } = answer.handle;
    const session = epoch as SessionKey;
    const ask = (await records.get(session))?.asks.find(({ id }) => id === requestId);
    if (!ask) return false;
    await deliveries.add(session, answerDelivery(answer, session), (record) => {
      if (record.asks.some(({ id, isAnswered }) => id === requestId && isAnswered)) return undefined;
      return { ...record, asks: record.asks.map((one) => (one.id === requestId ? { ...one, isAnswered: true } : one)) };
    });
    return true;
  }

  async health(): Promise<DriverHealth> {
    const { carrier, deliveries, config, context } = this.#parts;
    if (carrier) return carrier.health();
    const lastAnswerAt = this.#lives.lastSignAt();
    const since = context.now() - config.health_within_ms;
    if (deliveries.waiting() > 0 || (lastAnswerAt ?? -Infinity) >= since) return { answered: true, lastAnswerAt };
    const detail = this.#startedAt > since ? "it has not called yet" : `it has not called within ${config.health_within_ms / 1000} s`;
    return { answered: false, lastAnswerAt, detail };
  }

  async check(): Promise<readonly CheckResult[]> {
    const name = "agent";
    const { carrier } = this.#parts;
    if (!carrier) return [{ name, ok: true, detail: "it calls the hub; whether it does is seen in `mos-hub health`" }];
    const { answered, detail } = await carrier.health();
    if (answered) return [{ name, ok: true, detail: "it answers" }];
    return [{ name, ok: false, detail: detail ?? "it does not answer", remedy: "Start it, or correct orchestrator.url and its secret." }];
  }

  onEvent(handler: Parameters<OrchestratorDriver["onEvent"]>[0]): ReturnType<OrchestratorDriver["onEvent"]> {
    return this.#parts.reports.onEvent(handler);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endPump?.();
    this.#parts.deliveries.close();
    this.#parts.reports.close();
  }

  async #inbox({ ack, life, waitMs, limit, signal }: InboxCall): Promise<readonly Delivery[]> {
    const { carrier, deliveries, context } = this.#parts;
    if (carrier)
      throw new HubError("bad_request", { problems: "the hub calls this orchestrator (orchestrator.url), so there is nothing to fetch" });
    return this.#heard(async () => {
      await this.#lives.begin(life);
      await deliveries.taken(ack, life);
      const until = context.now() + waitMs;
      for (;;) {
        const given = await deliveries.claim(limit);
        const left = until - context.now();
        if (given.length > 0 || limit === 0 || left <= 0 || signal.aborted || this.#isClosed) return given;
        await deliveries.next(left, signal);
        this.#lives.sign();
      }
    });
  }

  async #sendFile(sent: SentFile, key?: string): Promise<void> {
    const { files, reports } = this.#parts;
    const { session, turnId } = sent;
    const attachment = await files.keep(sent);
    const saying = { session, turnId, events: [{ type: "file", attachment }] } as const;
    await reports.take(saying, key, digestOfSent(saying));
  }

  async #heard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new HubError("hub_stopping");
    this.#lives.sign();
    return work();
  }
}

/** Undefined while another turn is under way. */
function beginTurn(record: SessionRecord, id: string): SessionRecord | undefined {
  if (isUnderWay(record) && record.turn?.id !== id) return undefined;
  const deliveries = record.deliveries.filter(({ body }) => body.type !== "turn");
  return { ...record, deliveries, turn: { id, isGiven: false } };
}

function turnDelivery({ turnId, session, attempt, trace, tenantId, text, person }: Turn, attachments: readonly OfferedFile[]): Delivery {
  const said = { attempt, trace, tenant_id: tenantId, text, person, attachments };
  return { id: newId("msg"), type: "turn", session, turn_id: turnId, ...said };
}

function answerDelivery(answer: Answer, session: SessionKey): Delivery {
  const common = { id: newId("msg"), session, ask_id: answer.handle.requestId };
  if (answer.type === "question") return { ...common, type: "answer", values: answer.values ?? null };
  return { ...common, type: "decision", approved: answer.approved, reason: answer.reason };
}

function unavailable(error: HubError): DeliverOutcome {
  return { outcome: "unavailable", reason: error.message, code: error.code };
}
