/**
 * A Colony's root, as its own documents describe it: typed missions behind six endpoints, strict about what it is sent. A mission goes on when the
 * test says so; a review waits for approve or reject. It keeps a log of every call, and survives its own restarts.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";

const mission = z.strictObject({
  mission_id: z.string().min(1),
  mission_type: z.enum(["oracle_advisory", "crm_lead_intelligence", "catalyst_strategy_brief"]),
  origin_surface: z.string().min(1),
  user_goal: z.string().min(1),
  normalized_goal: z.string().min(1),
  tenant_id: z.string().min(1),
  actor_id: z.string().min(1),
  risk_level: z.enum(["low", "medium", "high", "critical"]),
  sensitivity_class: z.enum(["public", "internal", "confidential", "restricted"]),
  time_budget_ms: z.number().int().positive(),
  token_budget: z.number().int().positive(),
  requested_outputs: z.array(z.string()).min(1),
});
export type SubmittedMission = z.output<typeof mission>;

export interface ColonyMission extends SubmittedMission {
  status: string;
  stage?: string;
  review_packet?: { packet_id: string; title?: string; summary: string; actions: unknown[] };
  failure_reason?: string;
  decision?: { verdict: "approve" | "reject"; reason?: string };
}

export interface Colony {
  readonly url: string;
  readonly missions: ReadonlyMap<string, ColonyMission>;
  /** Method and path of every call. */
  readonly log: readonly string[];
  /** Its missions go on as the test says. */
  set(id: string, change: Partial<ColonyMission>): void;
  /** So many of the next calls are answered with 503. */
  failNext(count: number): void;
  stop(): Promise<void>;
  /** Again at the same address, with what it had. */
  start(): Promise<void>;
}

export async function createColony(token: string): Promise<Colony> {
  const missions = new Map<string, ColonyMission>();
  const log: string[] = [];
  let failing = 0;
  let port = 0;
  let server = createServer();

  async function answer(request: IncomingMessage): Promise<[number, unknown]> {
    const path = request.url ?? "";
    log.push(`${request.method} ${path}`);
    if (request.headers.authorization !== `Bearer ${token}`) return [401, { detail: "no token" }];
    if (failing > 0) return [503, { detail: (failing -= 1) }];
    if (path === "/api/colony/health") return [200, { status: "ok" }];
    const body = request.method === "POST" ? (JSON.parse(await text(request)) as unknown) : undefined;
    if (path === "/api/colony/missions" && request.method === "POST") return submit(body);
    const [, id = "", verb] = /^\/api\/colony\/missions\/([^/]+)(?:\/(artifacts|approve|reject))?$/.exec(path) ?? [];
    const found = missions.get(id);
    if (!found) return [404, { detail: "no such mission" }];
    if (request.method === "GET" && verb === undefined) return [200, found];
    if (request.method === "GET" && verb === "artifacts")
      return [200, { artifacts: [{ name: "brief.md", content: `# Brief\n\nAbout: ${found.user_goal}` }] }];
    if (request.method === "POST" && (verb === "approve" || verb === "reject")) return decide(found, verb, body);
    return [405, { detail: "no such call" }];
  }

  function submit(body: unknown): [number, unknown] {
    const parsed = mission.safeParse(body);
    if (!parsed.success) return [422, { detail: parsed.error.issues }];
    if (missions.has(parsed.data.mission_id)) return [409, { detail: "there is one of this id" }];
    missions.set(parsed.data.mission_id, { ...parsed.data, status: "queued" });
    return [201, { mission_id: parsed.data.mission_id, status: "queued" }];
  }

  function decide(found: ColonyMission, verdict: "approve" | "reject", body: unknown): [number, unknown] {
    const { reason } = z.strictObject({ reason: z.string().optional() }).parse(body);
    if (found.status !== "review" && verdict === "approve") return [409, { detail: `it is ${found.status}` }];
    Object.assign(found, {
      decision: { verdict, ...(reason === undefined ? {} : { reason }) },
      status: verdict === "approve" ? "approved" : "rejected",
    });
    return [200, { status: found.status }];
  }

  async function start(): Promise<void> {
    server = createServer((request, response) => {
      void answer(request)
        .catch((error: unknown): [number, unknown] => [400, { detail: String(error) }])
        .then(([status, body]) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)));
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  }

  await start();
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    missions,
    log,
    set: (id, change) => void Object.assign(missions.get(id) ?? {}, change),
    failNext: (count) => void (failing = count),
    start,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
