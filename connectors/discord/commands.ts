/** The slash command `/mos`, which says what `!` says: registered once, and again when it changes. Application Commands (2026). */
import { createHash } from "node:crypto";
import type { Keyv } from "keyv";
import type { Api } from "./api.ts";

const TEXT = 3;
const COMMANDS = [
  {
    name: "mos",
    description: "Ask the hub: status, help, stop, approvals, approve CODE, deny CODE reason …",
    options: [{ type: TEXT, name: "command", description: "What you would type after the !", required: true, max_length: 1000 }],
  },
];

export async function registerCommands(api: Api, state: Keyv, applicationId: string): Promise<void> {
  const wanted = createHash("sha256")
    .update(JSON.stringify([applicationId, COMMANDS]))
    .digest("base64url");
  if ((await state.get("commands")) === wanted) return;
  await api.call({ method: "PUT", path: `/applications/${applicationId}/commands`, body: COMMANDS });
  await state.set("commands", wanted);
}
