/** The commands in Telegram's menu, which say what `!` says: set once, and again when they change. Bot API, setMyCommands (2026). */
import type { Keyv } from "keyv";
import { z } from "zod";
import { oncePerChange } from "../shared/once-per-change.ts";
import type { Api } from "./api.ts";

const MENU: Readonly<Record<string, string>> = {
  help: "What you can say",
  status: "What is going on in this conversation",
  health: "Whether everything is connected",
  new: "Begin a new conversation here",
  stop: "Stop what is being done",
  queue: "What waits here",
  drop: "Take back what waits",
  sessions: "The conversations there are",
  usage: "What was used so far",
  where: "Where this conversation lives",
  approvals: "What waits for a decision",
  approve: "approve CODE",
  deny: "deny CODE and why",
  deploys: "The latest deploys",
  pair: "For admins: who asks to be known",
};

export const isMenuCommand = (name: string): boolean => name === "start" || Object.hasOwn(MENU, name);

export function setMenu(api: Api, state: Keyv, botId: number): Promise<void> {
  const commands = Object.entries(MENU).map(([command, description]) => ({ command, description }));
  return oncePerChange(state, "commands", [botId, commands], () => api.call("setMyCommands", { commands }, z.literal(true)));
}
