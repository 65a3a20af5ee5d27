/**
 * Carries out what people approved, and nothing else: reads `{ "grant": …, "action": { "command": [...] } }` from standard input, asks the hub to use the
 * grant up for exactly this action, and runs the command. A changed argument, a second use or a grant that is over ends it with 77.
 *
 *     MOS_HUB_URL=http://127.0.0.1:7077 MOS_HUB_TOKEN=… node executor.ts < approved.json
 */
import { spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { createClient } from "mos-hub/client";
import { verifyGrant } from "mos-hub/grant";

const { MOS_HUB_URL: url = "http://127.0.0.1:7077", MOS_HUB_TOKEN: token = "", MOS_HUB_ISSUER: issuer = "mos-hub:local" } = process.env;
const { grant, action } = JSON.parse(await text(process.stdin)) as { grant: string; action: { command: string[] } };

try {
  // Offline first: what is forged or about something else costs the hub nothing.
  const keys = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as Parameters<typeof verifyGrant>[1]["keys"];
  const { approvers } = await verifyGrant(grant, { keys, issuer, action });
  await createClient({ where: () => ({ url, token }) }).approvals.consume(grant, action);
  console.error(`approved by ${approvers.map(({ name }) => name).join(" and ")}`);
} catch (refusal) {
  console.error(`refused: ${(refusal as Error).message}`);
  process.exit(77);
}
const [program = "", ...args] = action.command;
process.exit(spawnSync(program, args, { stdio: "inherit" }).status ?? 1);
