/** The whole hub in this process, on a free port and a folder of its own, with a client that holds the local token. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownParts } from "../../src/cli/known-parts.ts";
import { openHubClient, type HubClient } from "../../src/cli/hub-client.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { type RunningHub, startHub } from "../../src/main.ts";

export interface InProcessHub {
  readonly hub: RunningHub;
  readonly client: HubClient;
  readonly url: string;
  readonly dataDir: string;
  end(): Promise<void>;
}

export const PIN = "739164";

export async function startInProcess(yaml = "", env: Record<string, string> = {}): Promise<InProcessHub> {
  const dataDir = await mkdtemp(join(tmpdir(), "mos-hub-inside-"));
  const file = join(dataDir, "hub.yaml");
  await writeFile(file, `log: { level: silent }\n${yaml}`);
  const given = { HOME: dataDir, PATH: process.env["PATH"] ?? "", MOS_HUB_DATA_DIR: dataDir, MOS_HUB_PORT: "0", MOS_HUB_PIN: PIN, ...env };
  const config = await loadConfig({ env: given, cwd: dataDir, file, ...(await knownParts()) });
  const hub = await startHub(config);
  return {
    hub,
    url: hub.url,
    dataDir,
    client: openHubClient({ dataDir, clock: systemClock }),
    async end() {
      await hub.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
