/** The running hub, as the commands find it: through `run.json` in the data folder, which is read again for every call. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Client, createClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import { HubError } from "../contract/errors.ts";

export type HubClient = Client;

export const runFile = z.object({ url: z.url(), token: z.string().min(1), pid: z.number().int() });

export interface HubClientOptions {
  readonly dataDir: string;
  readonly clock: Clock;
}

/** Calls reject with `hub_not_running`, too; a refused connection is a hub that is gone and could not tidy up. */
/** Where the hub of a data folder runs. Rejects with `hub_not_running`. */
export async function readRunFile(dataDir: string): Promise<z.output<typeof runFile>> {
  try {
    return runFile.parse(JSON.parse(await readFile(join(dataDir, "run.json"), "utf8")));
  } catch (cause) {
    throw new HubError("hub_not_running", { dir: dataDir }, { cause });
  }
}

export function openHubClient({ dataDir, clock }: HubClientOptions): HubClient {
  const onRefused = (): HubError => new HubError("hub_not_running", { dir: dataDir });
  return createClient({ setTimer: clock.setTimer, onRefused, where: () => readRunFile(dataDir) });
}
