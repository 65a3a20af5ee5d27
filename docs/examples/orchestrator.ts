/**
 * An orchestrator that fetches its messages from the hub, in fifty lines: answers, shows what it does, and asks before it deploys.
 *
 *     MOS_HUB_URL=http://127.0.0.1:7077 MOS_HUB_TOKEN=… node orchestrator.ts      # a token with the scope `orchestrate`
 */
import { setTimeout as pause } from "node:timers/promises";
import { createClient, HubAnswerError } from "mos-hub/client";

const { MOS_HUB_URL: url = "http://127.0.0.1:7077", MOS_HUB_TOKEN: token = "", MOS_HUB_NAME: name = "mos" } = process.env;
const hub = createClient({ where: () => ({ url, token }) }).orchestrator(name);
const life = `${process.pid}-${Date.now()}`;

type Inbox = Awaited<ReturnType<typeof hub.inbox>>["deliveries"][number];
type Events = Parameters<typeof hub.report>[0]["events"];

/** Asks until the hub has answered, after longer and longer pauses. A token or name it does not accept will be no better later. */
async function insist<T>(call: () => Promise<T>, waitMs = 200): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof HubAnswerError && [401, 403, 404].includes(error.status)) {
      console.error(`${name}: ${error.message} ${error.remedy}`);
      process.exit(1);
    }
    console.error(`${name}: ${(error as Error).message} Asked again in ${waitMs / 1000} s.`);
    await pause(waitMs);
    return insist(call, Math.min(waitMs * 2, 30_000));
  }
}

/** The same key again is the same report, so that it may be repeated until the hub has it. */
const say = (session: string, key: string, events: Events) => insist(() => hub.report({ session, events }, key));

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
  const { deliveries } = await insist(() => hub.inbox({ ack, life, wait_ms: 30_000 }));
  if (deliveries.length === 0) await pause(200);
  ack = deliveries.map(({ id }) => id);
  for (const told of deliveries) await handle(told);
}
