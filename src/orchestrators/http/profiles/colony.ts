/**
 * A Colony behind its root endpoints: a message is a mission, its states are one card, what it wants reviewed is an approval. Nothing of a mission
 * is kept here but its id, which is drawn from the turn: the same message is the same mission, however often it is submitted.
 */
import type { Clock } from "../../../clock.ts";
import type { ConnectorLog } from "../../../contract/connector.ts";
import type { SessionKey } from "../../../contract/ids.ts";
import type { Delivery, PostedEvent } from "../../../contract/orchestrator-door.ts";
import type { DriverHealth } from "../../../contract/orchestrator.ts";
import { type CallResult, createCaller } from "../../../web/call.ts";
import type { Carried, Carrier } from "../carrier.ts";
import type { HttpConfig } from "../config.ts";
import { isUnderWay, type Records, type SessionRecord } from "../record.ts";
import type { Reports } from "../reports.ts";
import { carriedBy } from "../webhook.ts";
import {
  type Mission,
  MISSION_TYPES,
  missionIdOf,
  missionOf,
  missionShape,
  type MissionType,
  missionTypeOf,
  stepsOf,
} from "./colony-missions.ts";

export interface ColonyParts {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token: string | undefined;
  readonly config: Pick<HttpConfig, "mission_type" | "mission" | "poll_ms" | "answer_within_ms">;
  readonly clock: Clock;
  readonly records: Records;
  readonly reports: Pick<Reports, "take">;
  readonly log: ConnectorLog;
}

type TurnDelivery = Extract<Delivery, { type: "turn" }>;
type ToldDelivery = Exclude<Delivery, TurnDelivery>;

export function createColony({ url, token, config, clock, records, reports, log }: ColonyParts): Carrier {
  const caller = createCaller({ clock, answerWithinMs: config.answer_within_ms });
  const watched = new Set<string>();
  let isClosed = false;

  const headers = { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const at = (path: string): string => `${url.replace(/\/+$/, "")}/api/colony${path}`;
  const get = (path: string) => caller.call(at(path), { headers });
  const post = (path: string, body: unknown) => caller.call(at(path), { method: "POST", headers, body: JSON.stringify(body) });
  const say = (session: string, key: string, events: readonly PostedEvent[]) =>
    reports.take({ session: session as SessionKey, events }, key);

  async function submit(body: TurnDelivery, type: MissionType): Promise<Carried> {
    const mission = missionOf(body, type, config.mission);
    const result = await post("/missions", mission);
    // It has had this one before, and its answer was lost.
    const carried = "status" in result && result.status === 409 ? "taken" : carriedBy(result);
    if (carried === "taken") watch(body.session as SessionKey, body.turn_id);
    return carried;
  }

  /** Which mission it is to be is asked once in each thread; the message waits for the answer. */
  async function start(body: TurnDelivery, record: SessionRecord): Promise<Carried> {
    const type = config.mission_type ?? missionTypeOf(record.notes["mission_type"]);
    if (type !== undefined) return submit(body, type);
    const options = MISSION_TYPES.map((value) => ({ value, label: value.replaceAll("_", " ") }));
    const fields = [{ name: "mission_type", label: "Mission", kind: "choice" as const, required: true, options }];
    await records.change(body.session as SessionKey, (now) => ({ ...now, notes: { ...now.notes, asked: JSON.stringify(body) } }));
    await say(body.session, `type:${body.turn_id}`, [
      { type: "question", ask: { text: "Which kind of mission is this thread for?", fields } },
    ]);
    return "taken";
  }

  async function tell(body: ToldDelivery, record: SessionRecord): Promise<Carried> {
    switch (body.type) {
      case "decision": {
        const turnId = record.asks.find(({ id }) => id === body.ask_id)?.turnId;
        if (turnId === undefined) return "taken";
        return carriedBy(await post(`/missions/${missionIdOf(turnId)}/${body.approved ? "approve" : "reject"}`, { reason: body.reason }));
      }
      case "answer": {
        const type = missionTypeOf(body.values?.["mission_type"]);
        const turn = JSON.parse(record.notes["asked"] ?? "null") as TurnDelivery | null;
        if (turn === null || turn.turn_id !== record.turn?.id) return "taken";
        if (type === undefined) {
          await say(body.session, `none:${turn.turn_id}`, [
            { type: "turn_end", outcome: "failed", reason: "no kind of mission was chosen" },
          ]);
          return "taken";
        }
        await records.change(body.session as SessionKey, (now) => ({ ...now, notes: { ...now.notes, mission_type: type } }));
        return submit(turn, type);
      }
      case "cancel":
        return cancelled(await post(`/missions/${missionIdOf(body.turn_id)}/reject`, { reason: "stopped in chat" }));
      default:
        return body satisfies never;
    }
  }

  function watch(session: SessionKey, turnId: string): void {
    if (watched.has(turnId)) return;
    watched.add(turnId);
    const look = (): void => {
      void lookAt(session, turnId)
        .catch((error: unknown) => {
          log.warn({ session, error }, "a mission could not be looked at; it is tried again");
          return false;
        })
        .then((isOver) => {
          if (isOver || isClosed) watched.delete(turnId);
          else clock.setTimer(config.poll_ms, look);
        });
    };
    look();
  }

  /** True when nothing more is to come. */
  async function lookAt(session: SessionKey, turnId: string): Promise<boolean> {
    const record = await records.get(session);
    if (!record || record.turn?.id !== turnId || !isUnderWay(record)) return true;
    const id = missionIdOf(turnId);
    const result = await get(`/missions/${id}`);
    if (!("status" in result) || result.status >= 500) return false;
    const mission = missionShape.safeParse(result.body);
    if (!mission.success) {
      log.warn({ session, status: result.status }, "the colony's answer about a mission is none");
      return result.status === 404 && (await say(session, `${id}/gone`, gone(id))).asks.length === 0;
    }
    return show(session, mission.data);
  }

  async function show(session: SessionKey, mission: Mission): Promise<boolean> {
    const { mission_id: id, status, stage = "", review_packet: packet } = mission;
    const artifacts = status === "completed" ? await get(`/missions/${id}/artifacts`) : undefined;
    // Not answered at all: the next look asks again.
    if (artifacts && !("status" in artifacts && artifacts.status < 500)) return false;
    await say(session, `${id}/${status}/${stage}/${packet?.packet_id ?? ""}`, stepsOf(mission, artifacts?.body));
    return ["completed", "failed", "rejected", "cancelled"].includes(status);
  }

  return {
    carry: (body, record) => (body.type === "turn" ? start(body, record) : tell(body, record)),
    resume(session, { turn, notes }) {
      const isAsked = notes["asked"] !== undefined && notes["mission_type"] === undefined;
      if (turn && !isAsked) watch(session, turn.id);
    },
    async health(): Promise<DriverHealth> {
      const result = await get("/health");
      if ("status" in result && result.status < 300) return { answered: true, lastAnswerAt: clock.now() };
      return { answered: false, detail: "status" in result ? `its health answers ${result.status}` : `${url}: ${result.failed}` };
    },
    close() {
      isClosed = true;
      caller.close();
    },
  };
}

function gone(id: string): PostedEvent[] {
  return [{ type: "turn_end", outcome: "failed", reason: `the colony knows no mission ${id}` }];
}

/** A mission that is not there, or over, is as stopped as it can be. */
function cancelled(result: CallResult): Carried {
  return "status" in result && result.status < 500 ? "taken" : carriedBy(result);
}
