/**
 * For orchestrators that call the hub: fetching what they are told, and saying what they have to say. Whoever holds the scope speaks for an
 * orchestrator and for nobody else: nothing here decides, and a session that is not its own does not exist for it.
 */
import { createHash } from "node:crypto";
import { CLASS_RULES } from "../../approvals/classes.ts";
import { globMatches } from "../../glob.ts";
import { HubError } from "../../contract/errors.ts";
import { doorOf, type OrchestratorDoor } from "../../contract/orchestrator-door.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { ApprovalRules } from "../../contract/policy.ts";
import type { Row } from "../../contract/tables.ts";
import type { KnownCaller } from "../callers.ts";
import {
  askName,
  askState,
  eventReport,
  fileName,
  fileTaken,
  fileToSay,
  hookBody,
  hookName,
  hookTaken,
  hookWait,
  inboxCall,
  inboxGiven,
  orchestratorName,
  policyBundle,
  reportTaken,
} from "../orchestrator-shapes.ts";
import type { ApiParts } from "../parts.ts";
import { approvalAsked, MADE_WITHIN_MS, takeable } from "../posted-canvases.ts";
import { fileRoute, type Route, route } from "../route.ts";
import { waitQuery } from "../approval-shapes.ts";
import { waitFor } from "../wait.ts";

const POLICY_MS = 86_400_000;

type DoorFor = (name: string, caller: KnownCaller) => OrchestratorDoor;

function doorsOf(drivers: ApiParts["drivers"]): DoorFor {
  return (name, caller) => {
    const door = doorOf(drivers.get(name));
    if (!door) throw new HubError("not_found", { what: "orchestrator that calls the hub", id: name });
    if (door.token !== undefined && caller.name !== door.token)
      throw new HubError("not_allowed", { reason: `only the token ${door.token} speaks for ${name}` });
    return door;
  };
}

export function orchestratorRoutes(parts: ApiParts): Route[] {
  const { drivers, grants, settings } = parts;
  const doorFor = doorsOf(drivers);

  return [
    ...fileRoutes(doorFor),
    route({
      method: "post",
      path: "/v1/orchestrators/{name}/inbox",
      summary: "What an orchestrator has not acknowledged; acknowledges what it has, and waits where there is nothing",
      scope: "orchestrate",
      params: orchestratorName,
      body: inboxCall,
      answer: inboxGiven,
      handle: async ({ params: { name }, body: { ack, life, wait_ms: waitMs, limit }, caller, request: { signal } }) => ({
        deliveries: await doorFor(name, caller).inbox({ ack, life, waitMs, limit, signal }),
      }),
    }),
    route({
      method: "post",
      path: "/v1/orchestrators/{name}/events",
      summary: "What an orchestrator says in a session; with an Idempotency-Key at most once",
      takesKey: true,
      scope: "orchestrate",
      params: orchestratorName,
      body: eventReport,
      status: 202,
      answer: reportTaken,
      async handle({ params: { name }, body: { session: named, turn_id: turnId, events }, caller, idempotencyKey }) {
        const door = doorFor(name, caller);
        const session = named as SessionKey;
        return door.report({ session, turnId, events: await takeable(events, { ...parts, door, session }) }, idempotencyKey);
      },
    }),
    route({
      method: "get",
      path: "/v1/orchestrators/{name}/requests/{ask_id}",
      summary: "A request of an orchestrator, with its grant once it has one; with `wait_ms` answered when it is decided",
      scope: "orchestrate",
      params: askName,
      query: waitQuery,
      answer: askState,
      handle: async ({ params: { name, ask_id }, query, caller }) =>
        stateOf(parts, doorFor(name, caller), { askId: ask_id, ms: query.wait_ms }),
    }),
    hookRoute(parts, doorFor),
    route({
      method: "get",
      path: "/v1/orchestrators/{name}/policy",
      summary: "The rules about gated actions, signed, for whoever classifies them itself",
      scope: "orchestrate",
      params: orchestratorName,
      answer: policyBundle,
      handle: async ({ params: { name }, caller }) => {
        doorFor(name, caller);
        const rules = rulesFor(name, settings.approvals);
        const version = createHash("sha256").update(JSON.stringify(rules)).digest("hex").slice(0, 32);
        return { bundle: await grants.signBundle({ version, ...rules }, name, POLICY_MS), version };
      },
    }),
  ];
}

/** What is left of it where it is refused is read by the door itself. */
async function* contentOf({ body }: Request): AsyncGenerator<Uint8Array> {
  if (body) yield* body.values({ preventCancel: true });
}

function hookRoute(parts: ApiParts, doorFor: DoorFor): Route {
  return route({
    method: "post",
    path: "/v1/orchestrators/{name}/hooks/{hook}",
    summary: "A hook of the system behind an orchestrator's profile, in its own shape",
    takesKey: true,
    scope: "orchestrate",
    params: hookName,
    query: hookWait,
    body: hookBody,
    answer: hookTaken,
    handle: async ({ params: { name, hook }, query, body, caller, idempotencyKey }) => {
      const door = doorFor(name, caller);
      const { asks, wantsDecision } = await door.hook(hook, body, idempotencyKey);
      const [askId] = asks;
      return wantsDecision && askId !== undefined ? { decision: await stateOf(parts, door, { askId, ms: query.wait_ms }) } : {};
    },
  });
}

/** Whoever knows an id has nothing by it: the token is what opens. */
function fileRoutes(doorFor: DoorFor): Route[] {
  return [
    fileRoute({
      method: "get",
      path: "/v1/orchestrators/{name}/files/{file_id}",
      summary: "A file that a person sent to an orchestrator, by its id in the delivery",
      scope: "orchestrate",
      params: fileName,
      give: async ({ params: { name, file_id }, caller }) => doorFor(name, caller).file(file_id),
    }),
    route({
      method: "post",
      path: "/v1/orchestrators/{name}/files",
      summary: "A file that an orchestrator says in a session: the body is the file; with an Idempotency-Key at most once",
      takesKey: true,
      scope: "orchestrate",
      params: orchestratorName,
      query: fileToSay,
      takesFile: true,
      status: 202,
      answer: fileTaken,
      async handle({ params: { name }, query: { session, turn_id: turnId, name: called }, caller, idempotencyKey, request }) {
        const mimeType = request.headers.get("content-type") ?? undefined;
        const file = { session: session as SessionKey, turnId, name: called, mimeType, content: contentOf(request) };
        await doorFor(name, caller).sendFile(file, idempotencyKey);
        return { taken: true } as const;
      },
    }),
  ];
}

/** A request as its asker may see it. */
async function stateOf(
  { journal, clock, grants }: ApiParts,
  door: OrchestratorDoor,
  { askId, ms }: { readonly askId: string; readonly ms: number },
) {
  const known = await door.asked(askId);
  if (!known) throw new HubError("not_found", { what: "request", id: askId });
  const check = () => approvalAsked(journal.store, askId, known);
  const look = { journal, clock, table: "approvals", check } as const;
  await waitFor({ ...look, ms: MADE_WITHIN_MS, isEnough: (row) => row !== undefined });
  const row = await waitFor({ ...look, ms, isEnough: (found) => found !== undefined && found.state !== "pending" });
  if (!row) return { ask_id: askId, state: "pending" as const };
  const grant = row.usedBy === "grant" && row.state === "approved" ? await grants.sign(row) : undefined;
  return { ...shown(row), ask_id: askId, grant };
}

/** What of the rules concerns whoever classifies its own actions. */
function rulesFor(name: string, { autonomyTier, base, classes, unlocked, trusted }: ApprovalRules) {
  return {
    autonomy_tier: autonomyTier,
    expiry_ms: base.expiryMs,
    execution_window_ms: base.executionWindowMs,
    classes: [...classes, ...CLASS_RULES],
    unlocked: unlocked.filter(({ orchestrator }) => globMatches(orchestrator, name)).map(({ tool }) => tool),
    trusted: trusted.includes(name),
  };
}

function shown(row: Row<"approvals">) {
  const state = row.state === "consumed" ? "approved" : row.state;
  const validUntil = row.usedBy === "grant" && row.decidedAt !== null ? row.decidedAt + row.policy.executionWindowMs : undefined;
  return {
    state,
    code: row.code,
    class: row.class ?? undefined,
    digest: row.digest ?? undefined,
    expires_at: row.state === "pending" ? row.expiresAt : validUntil,
    decided_by: row.decider ?? undefined,
    reason: row.decisionReason ?? undefined,
    values: row.values === null ? undefined : { ...row.values },
  };
}
