/** `mos-hub start`: runs the hub until it is asked to stop; on a terminal it opens the chat, too. */
import { join } from "node:path";
import type { RunningHub } from "../main.ts";
import type { AddCommand } from "./command.ts";
import { chat } from "./chat.ts";
import { knownParts } from "./known-parts.ts";

export const addStart: AddCommand = (program, act) => {
  program
    .command("start")
    .description("run the hub; on a terminal, chat with it, too")
    .option("--no-chat", "do not open the chat")
    .action(
      act(async (context, options: { chat: boolean }) => {
        const config = await context.wholeConfig(await knownParts());
        const { startHub } = await import("../main.ts");
        const isTty = process.stdin.isTTY === true && process.stdout.isTTY === true;
        const withChat = options.chat && isTty && !context.json;
        const logFile = withChat ? join(config.dataDir, "hub.log") : undefined;
        const hub = await startHub(config, { logFile });
        const ended = endOf(hub);
        context.print({ type: "ready", url: hub.url, dataDir: config.dataDir }, () => greeting(hub.url, config.orchestrator));
        if (isTty) await showSecrets(hub);
        if (withChat) {
          process.stdout.write(`The log is in ${logFile}\n\n`);
          const leave = new AbortController();
          void ended.then(() => leave.abort());
          await chat({ dataDir: config.dataDir, colour: config.baseEnv["NO_COLOR"] === undefined, signal: leave.signal });
        } else {
          await ended;
        }
        const { waiting } = await hub.health();
        await hub.stop();
        if (withChat) process.stdout.write(farewell(waiting.turns));
        if (hub.lost()) throw hub.lost();
        return 0;
      }),
    );
};

function greeting(url: string, { driver, alias }: { driver: string; alias: string }): string {
  const rehearsal =
    driver === "rehearsal"
      ? `\n${alias} is a rehearsal here: an offline agent to try everything with. Type \`help\` to see its words.`
      : "";
  return `mos-hub is ready at ${url}${rehearsal}`;
}

/** The chat was this hub's own: leaving it ends both. */
function farewell(turns: number): string {
  const left =
    turns === 1 ? " One message waits; it is answered at the next start." : ` ${turns} messages wait; they are answered at the next start.`;
  return `The hub has stopped.${turns === 0 ? "" : left}\n`;
}

/** Only where somebody is looking: what a service prints is kept by others. */
async function showSecrets(hub: RunningHub): Promise<void> {
  process.stdout.write(`In a browser (once, within ten minutes): ${await hub.signInLink()}\n`);
  const pin = await hub.firstPin();
  if (pin !== undefined)
    process.stdout.write(`Your PIN for approvals is ${pin}. It is shown only now; change it with: mos-hub people pin\n`);
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
