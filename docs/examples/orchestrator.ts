/**
 * An orchestrator that fetches its messages from the hub, in forty lines: answers, shows what it does, and asks before it deploys.
 *
 *     MOS_HUB_URL=http://127.0.0.1:7077 MOS_HUB_TOKEN=… MOS_HUB_NAME=mos node orchestrator.ts      # a token with the scope `orchestrate`
 */
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "mos-hub/client";

const { MOS_HUB_URL: url = "http://127.0.0.1:7077", MOS_HUB_TOKEN: token = "", MOS_HUB_NAME: name = "orchestrator" } = process.env;
const hub = createClient({ where: () => ({ url, token }) }).orchestrator(name);
const life = `${process.pid}-${Date.now()}`;

type Inbox = Awaited<ReturnType<typeof hub.inbox>>["deliveries"][number];
type Events = Parameters<typeof hub.report>[0]["events"];

/** The same key again is the same report, so that it may be repeated until the hub has it. */
async function say(session: string, key: string, events: Events): Promise<readonly string[]> {
  for (;;) {
    const taken = await hub.report({ session, events }, key).catch(() => undefined);
    if (taken) return taken.asks;
    await pause(1000);
  }
}

async function handle(told: Inbox): Promise<void> {
  if (told.type === "cancel") await say(told.session, told.id, [{ type: "turn_end", outcome: "stopped" }]);
  if (told.type === "decision")
    await say(told.session, told.id, [{ type: "text", text: told.approved ? "Deployed." : "I left it as it is." }, { type: "turn_end" }]);
  if (told.type !== "turn") return;
  const ask = { title: "Deploy the shop", tool: "execute", action: { command: ["deploy", "shop"] } };
  if (/deploy/i.test(told.text)) await say(told.session, told.turn_id, [{ type: "approval_request", ask }]);
  else await say(told.session, told.turn_id, [{ type: "text", text: `You said: ${told.text}` }, { type: "turn_end" }]);
}

for (let ack: string[] = []; ;) {
  const { deliveries } = await hub.inbox({ ack, life, wait_ms: 30_000 }).catch(() => ({ deliveries: [] }));
  if (deliveries.length === 0) await pause(200);
  ack = deliveries.map(({ id }) => id);
  for (const told of deliveries) await handle(told);
}
