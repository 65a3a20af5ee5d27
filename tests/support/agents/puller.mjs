/**
 * An orchestrator that fetches over HTTP, on nothing but fetch: echoes, and knows `slow SECONDS` and `crash`.
 * Its arguments: the hub's URL, a token, its own name there.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const [url, token, name] = process.argv.slice(2);
const life = randomUUID();
const stopped = new Map();

async function call(path, body, key) {
  for (;;) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", ...(key ? { "idempotency-key": key } : {}) };
    const response = await fetch(`${url}/v1/orchestrators/${name}${path}`, { method: "POST", headers, body: JSON.stringify(body) }).catch(
      () => undefined,
    );
    if (response?.ok) return response.json();
    if (response && response.status < 500 && response.status !== 429)
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    await pause(50);
  }
}

async function work({ session, turn_id, text }) {
  const say = (key, ...events) => call("/events", { session, turn_id, events }, `${turn_id}-${life}-${key}`);
  if (text === "crash") process.exit(3);
  const [, seconds] = /^slow (\d+)$/.exec(text) ?? [];
  if (seconds !== undefined) {
    await say("begun", { type: "text_delta", text: "working" });
    const isStopped = await new Promise((resolve) => {
      stopped.set(turn_id, () => resolve(true));
      setTimeout(() => resolve(false), Number(seconds) * 1000);
    });
    return say("end", { type: "turn_end", outcome: isStopped ? "stopped" : "done" });
  }
  const usage = { type: "usage", model: "echo-1", input: text.length, output: text.length + 6, cache_read: 3, cache_write: 2 };
  await say("words", { type: "text_delta", text: "Echo: " }, { type: "text_delta", text });
  return say("end", usage, { type: "turn_end" });
}

let ack = [];
for (;;) {
  const { deliveries } = await call("/inbox", { ack, life, wait_ms: 2000 });
  ack = deliveries.map(({ id }) => id);
  for (const delivery of deliveries) {
    if (delivery.type === "turn") {
      // What was not acknowledged would only be given again: a crash is one only after that.
      if (delivery.text === "crash") await call("/inbox", { ack, life, limit: 0 });
      void work(delivery);
    } else if (delivery.type === "cancel") stopped.get(delivery.turn_id)?.();
  }
}
