/**
 * A Safety Wrapper on a tenant's server, as its own documents describe it: it classifies a tool call before it runs, asks, waits for the grant, uses
 * it up, and only then resolves secret references and runs. Secrets stay here. What it holds survives its restarts.
 */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { type Calls, callsTo, type HubDoor, type TurnDelivery, turnDelivery } from "./calls.ts";

const inbox = z.strictObject({ deliveries: z.array(z.looseObject({ id: z.string(), type: z.string(), session: z.string() })) });
const decision = z.strictObject({
  ask_id: z.string(),
  state: z.enum(["pending", "approved", "denied", "expired", "cancelled", "answered"]),
  code: z.string(),
  class: z.string().optional(),
  digest: z.string().optional(),
  expires_at: z.number().optional(),
  decided_by: z.string().optional(),
  reason: z.string().optional(),
  grant: z.string().optional(),
});
export type Decision = z.output<typeof decision>;

export interface ToolCall {
  readonly session: string;
  readonly call_id: string;
  readonly tool: string;
  readonly arguments: Record<string, unknown>;
  readonly classification: string;
}

/** What it keeps on its disk. */
export interface Disk {
  readonly secrets: Readonly<Record<string, string>>;
  /** What really ran, with secrets resolved. */
  readonly executed: Record<string, unknown>[];
}

export interface SafetyWrapper {
  /** The next message of a person, or the next one that says this: what else was said, and what is delivered again, is passed over. */
  turn(words?: string): Promise<TurnDelivery>;
  hook(name: string, body: object, key?: string): Promise<Decision | undefined>;
  /** Asks and waits; what stands afterwards. */
  ask(call: ToolCall, waitMs?: number): Promise<Decision>;
  /** Checks the grant offline, uses it up at the hub, resolves references, runs. */
  execute(call: ToolCall, grant: string): Promise<void>;
  policy(): Promise<JWTPayload>;
  end(session: string, key: string): Promise<void>;
}

export async function startSafetyWrapper(door: HubDoor, disk: Disk): Promise<SafetyWrapper> {
  const calls = callsTo(door);
  const hook = async (name: string, body: object, { waitMs, key }: { waitMs?: number | undefined; key?: string | undefined } = {}) =>
    (
      await calls.post(
        `/hooks/${name}${waitMs === undefined ? "" : `?wait_ms=${waitMs}`}`,
        body,
        z.strictObject({ decision: decision.optional() }),
        key,
      )
    ).decision;
  await hook("gateway_start", { version: "2.1.0", started_at: new Date().toISOString() });
  await hook("heartbeat", { ok: true });

  return {
    turn: (words = "") => nextTurn(calls, words),
    hook: (name, body, key) => hook(name, body, { key }),
    async ask(call, waitMs = 0) {
      const decided = await hook("before_tool_call", call, { waitMs });
      if (!decided) throw new Error("a tool call was let pass without a decision");
      return decided;
    },
    async execute(call, grant) {
      const action = { tool: call.tool, arguments: call.arguments };
      const keys = await calls.get("/.well-known/jwks.json", z.looseObject({ keys: z.array(z.looseObject({ kty: z.literal("OKP") })) }));
      const { payload } = await jwtVerify(grant, createLocalJWKSet(keys as JSONWebKeySet), { algorithms: ["EdDSA"] });
      const digest = createHash("sha256")
        .update(canonicalize(action) ?? "")
        .digest("hex");
      if (payload["digest"] !== digest) throw new Error("the grant is about another action");
      await calls.post("/v1/grants/consume", { grant, action }, z.looseObject({ digest: z.literal(digest) }));
      const resolved = JSON.stringify(call.arguments).replaceAll(/SECRET_REF\((\w+)\)/g, (_, name: string) => disk.secrets[name] ?? "");
      disk.executed.push(JSON.parse(resolved) as Record<string, unknown>);
      await hook("after_tool_call", { session: call.session, call_id: call.call_id, tool: call.tool, success: true, summary: "done" });
    },
    async policy() {
      const { bundle, version } = await calls.get("/policy", z.strictObject({ bundle: z.string(), version: z.string() }));
      const keys = await calls.get("/.well-known/jwks.json", z.looseObject({ keys: z.array(z.unknown()) }));
      const { payload } = await jwtVerify(bundle, createLocalJWKSet(keys as unknown as JSONWebKeySet), {
        audience: door.name,
        typ: "policy+jwt",
      });
      if (payload["version"] !== version) throw new Error("the bundle is of another version than it says");
      return payload;
    },
    end: async (session, key) =>
      void (await calls.post("/events", { session, events: [{ type: "turn_end" }] }, z.strictObject({ asks: z.array(z.string()) }), key)),
  };
}

async function nextTurn(calls: Calls, words: string): Promise<TurnDelivery> {
  for (let tries = 0; tries < 20; tries += 1) {
    const { deliveries } = await calls.post("/inbox", { wait_ms: 3000 }, inbox);
    await calls.post("/inbox", { ack: deliveries.map(({ id }) => id), limit: 0 }, inbox);
    const turns = deliveries.filter(({ type }) => type === "turn").map((one) => turnDelivery.parse(one));
    const turn = turns.find(({ text }) => text.includes(words));
    if (turn) return turn;
  }
  throw new Error("no message came");
}
