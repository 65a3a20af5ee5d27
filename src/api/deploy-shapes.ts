/** Deploys as the HTTP API speaks of them. */
import { z } from "zod";
import { DEPLOY_STATES, DEPLOY_WISHES, DOMAIN_STATES, SETUP_STATES } from "../contract/message.ts";
import { deployReport } from "../contract/orchestrator.ts";
import { epochMs } from "./shapes.ts";

const setupShape = z.object({
  kind: z.string().describe("domain, payments, login or another short word."),
  name: z.string(),
  state: z.enum([...DOMAIN_STATES, ...SETUP_STATES]),
  records: z.array(z.string()).readonly().optional(),
  detail: z.string().optional(),
  url: z.string().optional(),
  at: epochMs.optional(),
});

export const deployShape = z
  .object({
    type: z.literal("deploy"),
    id: z.string(),
    deploy_id: z.string().optional().describe("Its maker's id."),
    app: z.string(),
    environment: z.string(),
    state: z.enum(DEPLOY_STATES),
    revision: deployReport.shape.revision.unwrap().strip().omit({ repository: true }).optional(),
    urls: z.object({ live: z.string().optional(), preview: z.string().optional(), logs: z.string().optional() }),
    setups: z.array(setupShape).readonly().optional(),
    failureTail: z.string().optional(),
    elapsedMs: z.number().optional(),
    notes: z.array(z.string()).readonly().optional(),
    trouble: z.string().optional().describe("Reported live, and its address does not answer: why."),
    offers: z.array(z.enum(DEPLOY_WISHES)).readonly().optional(),
    createdAt: epochMs,
    updatedAt: epochMs,
    live: z
      .object({ id: z.string(), deploy_id: z.string().optional(), since: epochMs, words: z.string() })
      .optional()
      .describe("What is live in its app and environment although it is another one; in a list only beside the latest of each."),
  })
  .meta({ id: "Deploy" });
export const deployQuery = z.object({
  app: z.string().max(100).optional(),
  environment: z.string().max(60).optional().describe("Of the app, where one is named. Default: every one."),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export const deployId = z.object({ id: z.string().min(1).max(200).describe("The hub's id, or its maker's.") });
export const deployDetail = deployShape.extend({
  course: z.array(z.object({ state: z.enum(DEPLOY_STATES), at: epochMs })).describe("The states it was in, and since when."),
  trace: z.string(),
});
export const deployList = z.object({ deploys: z.array(deployShape) });
export const deployTaken = z.object({
  deploy_id: z.string().optional().describe("Its maker's id, else the hub's."),
  id: z.string().optional().describe("The hub's id."),
  environment: z.string(),
  state: z
    .enum(DEPLOY_STATES)
    .optional()
    .describe("What the deploy counts as now: another state than was reported where that came too late."),
  changed: z.boolean().describe("False: it said nothing new, and nothing was announced."),
  trace: z.string(),
});
