import { freePort } from "./free-port.ts";
import { createHubProcess, type HubProcess } from "./hub-process.ts";

/** The started program with an address that browsers reach it under; `url` is that. */
export async function startPublicHub(env: Record<string, string>): Promise<{ readonly hub: HubProcess; readonly url: string }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const hub = await createHubProcess({ MOS_HUB_PORT: `${port}`, MOS_HUB_PUBLIC_URL: url, ...env });
  await hub.start();
  return { hub, url };
}
