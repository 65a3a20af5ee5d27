/**
 * Works as agents do that start a program for each conversation: a child per open one, ended when it is closed. It can find any conversation
 * again, has options and modes of its own, and writes into the file of its one argument how many children it has, line by line.
 */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { answer, say, send } from "./json-lines.mjs";

const children = new Map();
const chosen = new Map();
let count = 0;

function begin(sessionId) {
  if (children.has(sessionId)) return { error: { code: -32603, message: "it is open already" } };
  children.set(sessionId, spawn("sleep", ["600"], { stdio: "ignore" }));
  chosen.set(sessionId, { model: "small", careful: false, mode: "ask" });
  appendFileSync(process.argv[2], `${children.size}\n`);
  return { sessionId, ...offers(sessionId) };
}

const offers = (sessionId) => {
  const { model, careful, mode } = chosen.get(sessionId);
  const options = [
    { group: "ours", name: "Ours", options: [{ value: "small", name: "Small" }] },
    {
      group: "theirs",
      name: "Theirs",
      options: [
        { value: "large", name: "Large 9" },
        { value: "broken", name: "Broken" },
      ],
    },
  ];
  return {
    configOptions: [
      { id: "model", name: "Model", category: "model", type: "select", currentValue: model, options },
      { id: "careful", name: "Careful", type: "boolean", currentValue: careful },
      { id: "dial", name: "Dial", type: "slider", currentValue: 7 },
    ],
    modes: {
      currentModeId: mode,
      availableModes: [
        { id: "ask", name: "Ask" },
        { id: "code", name: "Code" },
      ],
    },
  };
};

answer({
  initialize: () => ({ protocolVersion: 1, agentCapabilities: { sessionCapabilities: { resume: {}, close: {} } } }),
  "session/new": () => begin(`room-${process.pid}-${++count}`),
  "session/resume": ({ sessionId }) => begin(sessionId),
  "session/close": ({ sessionId }) => {
    children.get(sessionId)?.kill();
    children.delete(sessionId);
    return {};
  },
  "session/set_config_option": ({ sessionId, configId, value }) => {
    if (value === "broken") return { error: { code: -32603, message: "that one is not paid for" } };
    chosen.get(sessionId)[configId] = value;
    return { configOptions: offers(sessionId).configOptions };
  },
  "session/set_mode": ({ sessionId, modeId }) => {
    chosen.get(sessionId).mode = modeId;
    return {};
  },
  "session/cancel": () => undefined,
  "session/prompt": async ({ sessionId, prompt }) => {
    const [word, seconds] = prompt[0].text.split(" ");
    if (word === "crash") process.exit(3);
    if (word === "slow") await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
    if (word === "decide") {
      chosen.get(sessionId).mode = "ask";
      send({ method: "session/update", params: { sessionId, update: { sessionUpdate: "current_mode_update", currentModeId: "ask" } } });
    }
    say(sessionId, JSON.stringify({ sessionId, pid: process.pid, ...chosen.get(sessionId) }));
    return { stopReason: "end_turn" };
  },
});
