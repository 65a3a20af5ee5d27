/** The `orchestrator` block of an agent that is reached over HTTP. Strict; every value has its unit in its name. */
import { z } from "zod";
import { MISSION_TYPES, missionSettings } from "./profiles/colony-missions.ts";

const variable = z.string().min(1).max(100);
const url = z.url({ protocol: /^https?$/ });

const limits = {
  /** Healthy means: it called, or answered, within this time, ms. Default 60 000. */
  health_within_ms: z.number().int().min(100).default(60_000),
  /** How long it may take to fetch a message before the person is told that it waits, ms. Default 10 000. */
  take_within_ms: z.number().int().min(100).max(120_000).default(10_000),
  /** How long it may take to obey `stop`, ms; then its turn ends without it. Default 15 000. */
  cancel_within_ms: z.number().int().min(100).max(600_000).default(15_000),
  /** How long it may take to answer a call of the hub, ms. Default 10 000. */
  answer_within_ms: z.number().int().min(100).max(120_000).default(10_000),
  /** The first pause before a call is made again, ms; each further one is twice as long, up to a minute. Default 1000. */
  retry_ms: z.number().int().min(10).max(60_000).default(1000),
};

export const httpConfig = z.strictObject({
  driver: z.literal("http"),
  /** What people see, e.g. `Mos`. */
  alias: z.string().min(1).max(60).optional(),
  /** The system behind it, where it has words of its own. Default: none, it speaks the hub's. */
  profile: z.enum(["colony", "sentinel", "safety-wrapper"]).optional(),
  /** The name of the only token that may speak for it. Default: any with the scope `orchestrate`. */
  token: z.string().min(1).max(100).optional(),
  /** Where the hub calls it, with every delivery. Absent: it fetches them. Of a colony: its root. */
  url: url.optional(),
  /** The variable with the secret that signs those calls; of a colony, with the bearer token. */
  secret_env: variable.optional(),
  /** Where its own pages are served, for canvases that are named by a path. */
  gateway_url: url.optional(),
  /** Which mission a message of a colony begins. Absent: the thread is asked once. */
  mission_type: z.enum(MISSION_TYPES).optional(),
  /** What a mission from chat begins with. */
  mission: missionSettings.prefault({}),
  /** Between two looks at a mission under way, ms. Default 2000. */
  poll_ms: z.number().int().min(20).max(600_000).default(2000),
  ...limits,
});
export type HttpConfig = z.output<typeof httpConfig>;
