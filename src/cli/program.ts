/** The `mos-hub` command line: one file a command. Errors are a sentence and what to do; the exit code says which kind. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { searchPath } from "../config.ts";
import { asHubError, HubError } from "../contract/errors.ts";
import { addApprovals } from "./approvals.ts";
import { addAudit } from "./audit.ts";
import { addCanvas } from "./canvas.ts";
import { addChat } from "./chat-command.ts";
import { addConduit } from "./conduit.ts";
import { type Act, type AddCommand, createContext, type SharedOptions } from "./command.ts";
import { addDeploy } from "./deploy.ts";
import { addDoctor } from "./doctor.ts";
import { addExport } from "./export.ts";
import { addFleet } from "./fleet.ts";
import { addHealth } from "./health.ts";
import { addInbox } from "./inbox.ts";
import { addInit } from "./init.ts";
import { addMcp } from "./mcp.ts";
import { addOpen } from "./open.ts";
import { addOutbox } from "./outbox.ts";
import { addPair } from "./pair.ts";
import { addPeople } from "./people.ts";
import { addPolicy } from "./policy.ts";
import { createTyped, programName } from "./program-name.ts";
import { addReply } from "./reply.ts";
import { addSend } from "./send.ts";
import { addService } from "./service.ts";
import { addSessions } from "./sessions.ts";
import { addSetupDocument } from "./setup-document.ts";
import { addStart } from "./start.ts";
import { addStore } from "./store.ts";
import { addToken } from "./token.ts";
import { addTrace } from "./trace.ts";
import { addUsage } from "./usage.ts";
import { addWatch } from "./watch.ts";

const COMMANDS: readonly AddCommand[] = [
  addStart,
  addInit,
  addDoctor,
  addHealth,
  addChat,
  addSend,
  addApprovals,
  addPolicy,
  addDeploy,
  addCanvas,
  addInbox,
  addOutbox,
  addToken,
  addSessions,
  addTrace,
  addUsage,
  addAudit,
  addExport,
  addPeople,
  addPair,
  addMcp,
  addReply,
  addWatch,
  addFleet,
  addService,
  addStore,
  addOpen,
  addConduit,
  addSetupDocument,
];

const PACKAGE_DIR = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** sysexits: the command was used wrongly. */
const EXIT_USAGE = 64;

/** As a shell says SIGPIPE. */
const EXIT_UNREAD = 141;

/** What these do matters to others than whoever reads what they print. */
const CARRY_ON_UNREAD: readonly string[] = ["start", "wrap"];

/** Runs one command; the exit code. Never rejects. */
export async function run(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const name = programName({ searchPath: searchPath(), cwd: process.cwd(), script: process.argv[1] ?? "", packageDir: PACKAGE_DIR });
  const typed = createTyped(name);
  const program = new Command(name)
    .description("Connects people in chat to an AI orchestrator.")
    .option("--json", "print JSON: one object, or one a line where it streams")
    .option("--config <file>", "the configuration file (default: $MOS_HUB_CONFIG, else ./hub.yaml if there is one)")
    .option("--roster <file>", "a fleet's roster in place of it (default where there is no hub.yaml: $MOSAIC_HOME/fleet/roster.yaml)")
    .option("--data-dir <folder>", "the data folder of the hub (default: $MOS_HUB_DATA_DIR, else the one of the configuration)")
    .version(packageVersion(), "-V, --version", "print the version")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .showHelpAfterError("(add --help for what there is)");

  const act: Act =
    (work) =>
    async (...args) => {
      // Commander passes the command itself last; its options include those given before the command's name.
      const command = args.at(-1) as unknown as Command;
      exitCode = await work(createContext({ ...command.optsWithGlobals<SharedOptions>(), typed }), ...args);
    };
  for (const add of COMMANDS) add(program, act);
  endOnceUnread(program);

  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (thrown) {
    const isJson = argv.includes("--json");
    if (!(thrown instanceof CommanderError)) return complain(thrown, isJson, typed);
    if (thrown.exitCode === 0) return 0;
    // Commander itself has told the person.
    if (isJson) printError(new HubError("bad_request", { problems: thrown.message.replace(/^error: /, "") }));
    return EXIT_USAGE;
  }
}

/** Whoever read the output may go away: `mos-hub audit list | head`. */
function endOnceUnread(program: Command): void {
  let running = "";
  program.hook("preAction", (_program, command) => {
    running = command.name();
  });
  const end = (): void => {
    if (!CARRY_ON_UNREAD.includes(running)) process.exit(EXIT_UNREAD);
  };
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
}

function packageVersion(): string {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(PACKAGE_DIR, "package.json"), "utf8")));
  return version;
}

function printError({ code, message, remedy }: HubError): void {
  process.stdout.write(`${JSON.stringify({ type: "error", code, message, remedy })}\n`);
}

function complain(thrown: unknown, json: boolean, typed: (text: string) => string): number {
  const error = asHubError(thrown, "of this command");
  if (json) printError(error);
  process.stderr.write(`mos-hub: ${typed(error.message)}\n${typed(error.remedy)}\n`);
  return error.exitCode;
}
