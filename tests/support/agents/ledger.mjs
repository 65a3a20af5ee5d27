/**
 * Keeps a ledger of its own: every prompt and every end of an answer, as a line of `CHAOS_LEDGER`, written before it goes on. A prompt is
 * `msg-<number> <kind>`. Every paragraph of an answer ends with a token that is in no other. It kills the hub where it is told to.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { answer, say, send } from "./json-lines.mjs";

const { CHAOS_LEDGER: file, CHAOS_POINT: fatal, CHAOS_AT: at, CHAOS_HUB_PID: hub } = process.env;
const PARAGRAPHS = { plain: 2, long: 14, ask: 2 };
const WORDS = "All of this is said so that the answer is long enough to be cut, and to see that nothing of it is lost on the way. ";
const write = (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`);

let left = Number(at);
function pass(point) {
  if (point !== fatal) return;
  left -= 1;
  // A hub that has died already has handed its children to somebody else.
  if (left === 0 && process.ppid === Number(hub)) process.kill(process.ppid, "SIGKILL");
}

let count = 0;
const waiting = new Map();
function ask(sessionId, message) {
  const id = `ask-${process.pid}-${(count += 1)}`;
  const call = { toolCallId: id, title: `Delete what msg-${message} names`, kind: "delete", rawInput: { path: `/srv/${message}` } };
  const options = [
    { optionId: "once", name: "Once", kind: "allow_once" },
    { optionId: "no", name: "No", kind: "reject_once" },
  ];
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    send({ id, method: "session/request_permission", params: { sessionId, toolCall: call, options } });
  });
}

async function turn(sessionId, text) {
  const [, number, kind = "plain"] = /^msg-(\d+)(?: (\w+))?/m.exec(text) ?? [];
  const message = Number(number);
  const serial = `${process.pid}n${(count += 1)}`;
  write({ event: "prompt", message, serial, isMarked: text.startsWith("[delivered again"), paragraphs: PARAGRAPHS[kind], text });
  pass("in prompt");
  if (kind === "ask") {
    const { result } = await ask(sessionId, message);
    write({ event: "told", message, serial, allowed: result?.outcome?.optionId === "once" });
  }
  for (let part = 1; part <= PARAGRAPHS[kind]; part += 1) {
    say(sessionId, `${kind === "long" ? WORDS : "Done: "}tok-${serial}-${part}.\n\n`);
    if (part === 1) {
      await pause(5);
      pass("during the answer");
    }
  }
  write({ event: "ended", message, serial });
  return { stopReason: "end_turn" };
}

answer({
  initialize: () => ({ protocolVersion: 1, agentCapabilities: { loadSession: true }, agentInfo: { name: "ledger-agent", version: "1" } }),
  "session/new": () => ({ sessionId: `ledger-${process.pid}-${(count += 1)}` }),
  "session/load": () => ({}),
  "session/cancel": () => undefined,
  "session/prompt": ({ sessionId, prompt }) => turn(sessionId, prompt[0].text),
  answered: (message) => waiting.get(message.id)?.(message),
}).once("close", () => process.exit());
