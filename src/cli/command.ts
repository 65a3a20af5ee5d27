/** What every command is given: the shared options, the configuration it needs, a way to print, and the running hub. */
import type { Command } from "commander";
import { foregroundClock } from "../clock.ts";
import { type Config, kindsNamed, loadConfig } from "../config.ts";
import { HubError } from "../contract/errors.ts";
import { readRoster } from "../orchestrators/tmux/roster.ts";
import type { Known } from "./known-parts.ts";
import { type HubClient, openHubClient } from "./hub-client.ts";

export interface SharedOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly roster?: string;
  readonly dataDir?: string;
}

/** `typed`: see CommandContext. */
export interface ContextOptions extends SharedOptions {
  readonly typed: (text: string) => string;
}

export interface CommandContext {
  readonly json: boolean;
  /** The configuration without its connectors' and driver's blocks: enough to find the hub. Loaded once. */
  config(): Promise<Config>;
  /** The configuration with every block looked into, and the parts it needs: for whoever runs or checks the hub itself. */
  wholeConfig(): Promise<{ readonly config: Config; readonly known: Known }>;
  dataDir(): Promise<string>;
  client(): Promise<HubClient>;
  /** With `--json` the value, else the words. */
  print(value: object, words: () => string): void;
  /** Our commands in a text, `mos-hub doctor`, as they are typed here. */
  typed(text: string): string;
}

/** Adds one command to the program. `run` returns the exit code. */
export type AddCommand = (program: Command, act: Act) => void;

/** Wraps a command's work: the exit code is kept, errors reach the person as sentences. */
export type Act = <A extends unknown[]>(work: (context: CommandContext, ...args: A) => Promise<number>) => (...args: A) => Promise<void>;

export function createContext(options: ContextOptions): CommandContext {
  let loaded: Promise<Config> | undefined;
  if (options.config !== undefined && options.roster !== undefined)
    throw new HubError("bad_request", { problems: "--config and --roster each name the file the hub is configured by: give one of them" });
  const given = { file: options.config, roster: options.roster, dataDir: options.dataDir, readRoster };
  const config = (): Promise<Config> => (loaded ??= loadConfig(given));
  const dataDir = async (): Promise<string> => (await config()).dataDir;
  return {
    json: options.json ?? false,
    config,
    async wholeConfig() {
      const { knownParts } = await import("./known-parts.ts");
      const known = await knownParts(await kindsNamed(given));
      return { config: await loadConfig({ ...given, ...known }), known };
    },
    dataDir,
    client: async () => openHubClient({ dataDir: await dataDir(), clock: foregroundClock }),
    print(value, words) {
      process.stdout.write(`${options.json ? JSON.stringify(value) : words()}\n`);
    },
    typed: options.typed,
  };
}
