/** The commands in Telegram's menu, which say what `!` says: set once, and again when they change. Bot API, setMyCommands (2026). */
import type { Keyv } from "keyv";
import { z } from "zod";
import { MENU } from "../shared/menu.ts";
import { oncePerChange } from "../shared/once-per-change.ts";
import type { Api } from "./api.ts";

export const isMenuCommand = (name: string): boolean => name === "start" || Object.hasOwn(MENU, name);

export function setMenu(api: Api, state: Keyv, botId: number): Promise<void> {
  const commands = Object.entries(MENU).map(([command, description]) => ({ command, description }));
  return oncePerChange(state, "commands", [botId, commands], () => api.call("setMyCommands", { commands }, z.literal(true)));
}
