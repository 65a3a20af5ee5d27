/** A chat as hub.yaml names one. */
import { z } from "zod";

export const chat = z
  .strictObject({
    account: z.string().min(1).describe("one of the accounts."),
    chat: z.string().min(1).describe("the platform's id of the chat."),
    thread: z.string().min(1).describe("the platform's id of a thread in it.").optional(),
    workspace: z.string().min(1).describe("the platform's id of the workspace or guild, where ids are unique only within one.").optional(),
  })
  .describe("where it is shown: account and chat, and perhaps a thread.");
