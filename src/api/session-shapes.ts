/** Conversations, as the HTTP API gives them. */
import { z } from "zod";
import { epochMs } from "./shapes.ts";

const place = z.object({
  account: z.string(),
  workspace: z.string().optional(),
  chat: z.string(),
  thread: z.string().optional(),
});

export const sessionShape = z
  .object({
    name: z.string().describe("chat-1a2b3c4d: what people and agents call it."),
    title: z.string(),
    orchestrator: z.string().describe("The alias people see."),
    status: z.enum(["open", "closed"]),
    places: z.array(place).readonly().describe("Where it lives; of a closed one where it was last."),
    isWorking: z.boolean(),
    waiting: z.number().int().describe("Messages that wait for the orchestrator."),
    toDecide: z.number().int().describe("Approvals and questions that wait for people."),
    begunAt: epochMs,
    lastActiveAt: epochMs.describe("When the latest message came, epoch milliseconds."),
  })
  .meta({ id: "Session" });
export const sessionList = z.object({ sessions: z.array(sessionShape) });
export const sessionQuery = z.object({
  all: z.enum(["true", "false"]).optional().describe("True: those that have ended, too."),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const sessionName = z.object({
  name: z.string().min(1).max(64).describe("As lists give it, with or without its `chat-`."),
});
