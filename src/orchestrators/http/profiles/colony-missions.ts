/** Missions of a Colony as it writes them, and what their states are in chat. Pure; the tables are data. */
import { z } from "zod";
import type { ActionClass } from "../../../contract/message.ts";
import type { Delivery, PostedEvent } from "../../../contract/orchestrator-door.ts";

export const MISSION_TYPES = ["oracle_advisory", "crm_lead_intelligence", "catalyst_strategy_brief"] as const;
export type MissionType = (typeof MISSION_TYPES)[number];

const RISKS = ["low", "medium", "high", "critical"] as const;
const SENSITIVITIES = ["public", "internal", "confidential", "restricted"] as const;

/** The higher of the two is the class of a review. */
const CLASS_OF_RISK: Readonly<Record<(typeof RISKS)[number], ActionClass>> = {
  low: "yellow",
  medium: "red",
  high: "red",
  critical: "critical_red",
};
const CLASS_OF_SENSITIVITY: Readonly<Record<(typeof SENSITIVITIES)[number], ActionClass>> = {
  public: "yellow",
  internal: "yellow",
  confidential: "red",
  restricted: "critical_red",
};
const RISING: readonly ActionClass[] = ["green", "yellow", "yellow_external", "red", "critical_red"];

/** What every mission from chat begins with; the colony raises both where it sees reason to. */
export const missionSettings = z.strictObject({
  risk_level: z.enum(RISKS).default("medium"),
  sensitivity_class: z.enum(SENSITIVITIES).default("internal"),
  /** Default half an hour. */
  time_budget_ms: z.number().int().min(1000).default(1_800_000),
  token_budget: z.number().int().min(1).default(200_000),
  requested_outputs: z.array(z.string().min(1).max(100)).min(1).max(20).default(["report"]),
});
export type MissionSettings = z.output<typeof missionSettings>;

const packet = z.looseObject({
  packet_id: z.string().min(1).max(200),
  title: z.string().min(1).max(200).optional(),
  summary: z.string().max(2000).default(""),
  actions: z.array(z.json()).max(100).default([]),
});

export const missionShape = z.looseObject({
  mission_id: z.string().min(1).max(200),
  mission_type: z.string().min(1).max(100),
  status: z.enum(["queued", "planning", "running", "review", "approved", "completed", "failed", "rejected", "cancelled"]),
  stage: z.string().max(200).optional(),
  risk_level: z.enum(RISKS).default("critical"),
  sensitivity_class: z.enum(SENSITIVITIES).default("restricted"),
  review_packet: packet.nullish(),
  failure_reason: z.string().max(2000).nullish(),
});
export type Mission = z.output<typeof missionShape>;

const artifactList = z.looseObject({
  artifacts: z
    .array(
      z.looseObject({
        name: z.string().min(1).max(300),
        content: z.string().max(90_000).optional(),
        url: z.url({ protocol: /^https?$/ }).optional(),
      }),
    )
    .max(50),
});

/** The same turn is the same mission. */
export function missionIdOf(turnId: string): string {
  return `mission-${turnId}`;
}

export function missionTypeOf(value: unknown): MissionType | undefined {
  return MISSION_TYPES.find((type) => type === value);
}

export function missionOf(
  { turn_id, text: said, attachments, tenant_id, person }: Extract<Delivery, { type: "turn" }>,
  type: MissionType,
  settings: MissionSettings,
) {
  // A colony has no token to fetch them with, and is at least told that there are some.
  const files = attachments.map(
    ({ name, mime_type, size_bytes }) => `[mos-hub] "${name}" (${mime_type}, ${size_bytes} bytes) was attached and stays with the hub.`,
  );
  const text = [said, ...files].filter(Boolean).join("\n");
  return {
    mission_id: missionIdOf(turn_id),
    mission_type: type,
    origin_surface: "mos-hub",
    user_goal: text,
    normalized_goal: text.trim().replace(/\s+/g, " "),
    tenant_id,
    actor_id: person.id,
    ...settings,
  };
}

export function reviewClass({
  risk_level: risk,
  sensitivity_class: sensitivity,
}: Pick<Mission, "risk_level" | "sensitivity_class">): ActionClass {
  const [one, other] = [CLASS_OF_RISK[risk], CLASS_OF_SENSITIVITY[sensitivity]];
  return RISING.indexOf(one) > RISING.indexOf(other) ? one : other;
}

/** What a state of a mission is in chat: its line of the card, and with it the review, the result or the end. */
export function stepsOf(mission: Mission, artifacts: unknown): PostedEvent[] {
  const { mission_id: id, mission_type: type, status, stage } = mission;
  const state = status === "completed" ? "done" : ["failed", "rejected", "cancelled"].includes(status) ? "failed" : "running";
  const line = {
    type: "subagent",
    id,
    title: type.replaceAll("_", " "),
    state,
    summary: stage === undefined ? status : `${status}: ${stage}`,
  } as const;
  return [line, ...furtherOf(mission, artifacts)];
}

function furtherOf(mission: Mission, artifacts: unknown): PostedEvent[] {
  switch (mission.status) {
    case "queued":
    case "planning":
    case "running":
    case "approved":
      return [];
    case "review":
      return mission.review_packet ? [reviewOf(mission, mission.review_packet)] : [];
    case "completed":
      return [...resultsOf(artifacts), { type: "turn_end", outcome: "done" }];
    case "failed":
      return [{ type: "turn_end", outcome: "failed", reason: mission.failure_reason ?? "the colony gives no reason" }];
    case "rejected":
    case "cancelled":
      return [{ type: "turn_end", outcome: "stopped", reason: `the mission was ${mission.status}` }];
    default:
      return mission.status satisfies never;
  }
}

function reviewOf(mission: Mission, { packet_id, title, summary, actions }: z.output<typeof packet>): PostedEvent {
  const { mission_id, mission_type } = mission;
  const ask = {
    title: title ?? `Review of ${mission_type.replaceAll("_", " ")}`,
    tool: `colony.${mission_type}`,
    class: reviewClass(mission),
    reason: summary === "" ? undefined : summary,
    action: { mission_id, mission_type, packet_id, actions },
  };
  return { type: "approval_request", ask, for_executor: false };
}

function resultsOf(answered: unknown): PostedEvent[] {
  const parsed = artifactList.safeParse(answered);
  if (!parsed.success) return [{ type: "notice", level: "warning", text: "The mission is complete, and its artifacts could not be read." }];
  return parsed.data.artifacts.map(({ name, content, url }) => ({
    type: "text",
    text: [`**${name}**`, content, url].filter(Boolean).join("\n\n"),
  }));
}
