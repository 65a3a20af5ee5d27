/** The slash command `/mos`, which says what `!` says: registered once, and again when it changes. Application Commands (2026). */
import type { Keyv } from "keyv";
import { oncePerChange } from "../shared/once-per-change.ts";
import type { Api } from "./api.ts";

const TEXT = 3;
const COMMANDS = [
  {
    name: "mos",
    description: "Ask the hub: status, help, stop, approvals, approve CODE, deny CODE reason …",
    options: [{ type: TEXT, name: "command", description: "What you would type after the !", required: true, max_length: 1000 }],
  },
];

export function registerCommands(api: Api, state: Keyv, applicationId: string): Promise<void> {
  const asking = { method: "PUT", path: `/applications/${applicationId}/commands`, body: COMMANDS } as const;
  return oncePerChange(state, "commands", [applicationId, COMMANDS], () => api.call(asking));
}
