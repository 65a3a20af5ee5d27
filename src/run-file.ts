/** `run.json` in the data folder: where the running hub is and the token of this life, for the commands of the hub's own user (mode 0600). */
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface RunFile {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/** In one step: a reader sees the old file or the new one, never half of it. */
export async function writeRunFile(dataDir: string, run: RunFile): Promise<void> {
  const file = join(dataDir, "run.json");
  const fresh = `${file}.${run.pid}`;
  await writeFile(fresh, `${JSON.stringify(run)}\n`, { mode: 0o600 });
  await rename(fresh, file);
}

export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, "run.json"), { force: true });
}
