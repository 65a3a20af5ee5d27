/** `mos-hub start`: runs the hub until it is asked to stop; on a terminal it opens the chat, too. */
import { join } from "node:path";
import { foregroundClock, systemClock, within } from "../clock.ts";
import type { OrchestratorConfig } from "../config/orchestrators.ts";
import { type Problem, whatIsWrong } from "../config/problems.ts";
import type { RunningHub } from "../main.ts";
import type { AddCommand, CommandContext } from "./command.ts";
import { chat } from "./chat.ts";
import { chatUntil } from "./chat-until.ts";
import { openFleetWindow } from "./fleet-window.ts";
import { createNotifier } from "./notify.ts";
import { localAccount } from "./local-account.ts";
import { wrap } from "./chat/text-cells.ts";

export const addStart: AddCommand = (program, act) => {
  program
    .command("start")
    .description("run the hub; on a terminal, chat with it, too")
    .option("--no-chat", "do not open the chat")
    .action(
      act(async (context, options: { chat: boolean }) => {
        const { config } = await context.wholeConfig();
        const { startHub } = await import("../main.ts");
        const isTty = process.stdin.isTTY === true && process.stdout.isTTY === true;
        const isWatched = options.chat && isTty && !context.json;
        const logFile = isWatched ? join(config.dataDir, "hub.log") : undefined;
        const hub = await startHub(config, { logFile });
        const ended = endOf(hub);
        const window = openFleetWindow(config, systemClock);
        const down = hub.down();
        context.print({ type: "ready", url: hub.url, dataDir: config.dataDir, down }, () =>
          fitted(greeting(hub.url, config.orchestrators)),
        );
        if (!context.json) for (const line of [...config.warnings.map(warned), ...down]) say(`! ${line}`);
        if (!context.json) await warnOfOrchestrators(hub, config.orchestrators);
        if (window && !context.json) process.stdout.write(`At the fleet's terminal: ${window.command}\n`);
        const account = localAccount(config);
        if (isTty) await showSecrets(hub, { ...context, hasPage: account !== undefined });
        const notifier = createNotifier({ env: config.baseEnv, clock: systemClock, health: hub.health });
        await notifier.ready();
        if (isWatched) process.stdout.write(`The log is in ${logFile}\n\n`);
        if (isWatched && account !== undefined) {
          const { dataDir, baseEnv } = config;
          const face = { account, dataDir, colour: baseEnv["NO_COLOR"] === undefined, typed: context.typed };
          await chatUntil(ended, (signal) => chat({ ...face, signal }), say);
        } else {
          if (isTty && !context.json) say(`${connectedWords(hub.connected())} Ctrl-C stops the hub.`);
          await ended;
        }
        window?.stop();
        await notifier.stopping();
        const { waiting } = await hub.health();
        await hub.stop();
        if (isWatched) say(farewell(waiting.turns));
        if (hub.lost()) throw hub.lost();
        return 0;
      }),
    );
};

const warned = (problem: Problem): string => `${whatIsWrong(problem)}. ${problem.remedy}`;

function connectedWords(accounts: readonly string[]): string {
  return accounts.length === 0 ? "Nothing is connected." : `Connected: ${accounts.join(", ")}.`;
}

function greeting(url: string, orchestrators: readonly OrchestratorConfig[]): string {
  return [`mos-hub is ready at ${url}`, ...orchestrators.map(answersHere)].join("\n");
}

function answersHere({ driver, alias, options }: OrchestratorConfig): string {
  const { command } = options;
  return driver === "rehearsal"
    ? `${alias} is a rehearsal here: an offline agent to try everything with. Type help to see its words.`
    : `${alias} answers here: ${Array.isArray(command) ? command.join(" ") : [driver, options["session"]].filter(Boolean).join(" session ")}`;
}

/** An agent that takes longer than this to answer is being started; one that cannot be started is known at once. */
const LOOK_MS = 1500;

/** The shipped agent needs no look. */
async function warnOfOrchestrators(hub: RunningHub, orchestrators: readonly OrchestratorConfig[]): Promise<void> {
  if (orchestrators.every(({ driver }) => driver === "rehearsal")) return;
  const found = await within(foregroundClock, LOOK_MS, hub.health());
  for (const { alias, driver, answered, detail } of found?.orchestrators ?? [])
    if (!answered && driver !== "rehearsal")
      say(`! ${alias}: ${(detail ?? "it does not answer").replace(/[^.]$/, "$&.")} A message it cannot take waits.`);
}

/** The chat was this hub's own: leaving it ends both. */
function farewell(turns: number): string {
  const left =
    turns === 1 ? " One message waits; it is answered at the next start." : ` ${turns} messages wait; they are answered at the next start.`;
  return `The hub has stopped.${turns === 0 ? "" : left}`;
}

/** At words, where a terminal would break them anywhere. */
function fitted(text: string): string {
  return wrap(text, process.stdout.columns ?? Infinity).join("\n");
}

function say(text: string): void {
  process.stdout.write(`${fitted(text)}\n`);
}

/** Only where somebody is looking: what a service prints is kept by others. */
async function showSecrets(hub: RunningHub, { typed, hasPage }: CommandContext & { readonly hasPage: boolean }): Promise<void> {
  // A line of its own: a link is never broken.
  if (hasPage) process.stdout.write(`In a browser (once, within ten minutes):\n${await hub.signInLink()}\n`);
  const pin = await hub.firstPin();
  if (pin !== undefined) say(typed(`Your PIN for approvals is ${pin}. It is shown only now; change it with: mos-hub people pin`));
}

/** Resolves when the hub is to stop: asked by a signal, or because another node has taken over. A second signal ends the process at once. */
function endOf(hub: RunningHub): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = (): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on("SIGTERM", ask);
    process.on("SIGINT", ask);
    hub.onLost(resolve);
  });
}
