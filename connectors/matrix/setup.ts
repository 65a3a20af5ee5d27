/** What `doctor` looks at. */
import { z } from "zod";
import type { AccountSecrets, CheckResult } from "../../src/contract/connector.ts";
import { checkBlock, failed, inOrder } from "../shared/checks.ts";
import { createApi, type MatrixApi, whyRefused, wordsOf } from "./api.ts";
import { type MatrixConfig, parseConfig } from "./config.ts";
import { createRooms } from "./rooms.ts";

export const openApi = (url: string, token?: string): MatrixApi => createApi({ url, token, answerMs: 5000 });

export async function check(block: unknown, secrets: AccountSecrets): Promise<readonly CheckResult[]> {
  return checkBlock(
    () => parseConfig(block),
    (config) => {
      const { homeserver_url: url, user_id: user, room_id: home, token_env } = config;
      const api = openApi(url, secrets.get(token_env));
      const looks = { homeserver: () => checkServer(url), account: () => checkAccount(config, api) };
      const remedies: Readonly<Record<string, string>> = {
        homeserver: "Correct homeserver_url, or start the homeserver.",
        account: `Set ${token_env} to a token of ${user}; \`mos-hub conduit login\` gets one for its password.`,
        "home room": "Correct room_id.",
      };
      return inOrder(home === undefined ? looks : { ...looks, "home room": () => checkHome(home, api) }, (look) => remedies[look] ?? "");
    },
  );
}

/** Asked without the token: a wrong one is the account's fault, not the homeserver's. */
async function checkServer(url: string): Promise<CheckResult> {
  const name = "homeserver";
  const problem = await versionProblem(openApi(url));
  if (problem !== undefined) throw new Error(`${url}: ${problem}`);
  const { protocol, hostname } = new URL(url);
  const isOpen = protocol === "http:" && !["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  if (!isOpen) return { name, ok: true, detail: url };
  return { name, ok: true, isWarning: true, detail: `${url}: the token travels unencrypted`, remedy: "Use https." };
}

/** Undefined for a homeserver that answers and knows threads. */
export async function versionProblem(api: MatrixApi): Promise<string | undefined> {
  try {
    const { versions } = await api.call("GET", "/versions", z.object({ versions: z.array(z.string()) }), { prefix: "/_matrix/client" });
    const newest = Math.max(0, ...versions.map((version) => Number(/^v1\.(\d+)$/.exec(version)?.[1] ?? 0)));
    return newest >= 4 ? undefined : "the homeserver is too old to know threads (v1.4 of the specification)";
  } catch (thrown) {
    return wordsOf(thrown);
  }
}

async function checkAccount(config: MatrixConfig, api: MatrixApi): Promise<CheckResult> {
  const refused = await whyRefused(api, config);
  if (refused !== undefined) throw new Error(refused);
  return { name: "account", ok: true, detail: config.user_id };
}

async function checkHome(home: string, api: MatrixApi): Promise<CheckResult> {
  const name = "home room";
  const rooms = createRooms(api);
  const id = await rooms.idOf(home);
  const { joined_rooms } = await api.call("GET", "/joined_rooms", z.object({ joined_rooms: z.array(z.string()) }));
  if (!joined_rooms.includes(id))
    return { name, ok: true, isWarning: true, detail: `${home}: unknown, or not joined`, remedy: "Invite it, or correct room_id." };
  if (!(await rooms.isEncrypted(id))) return { name, ok: true, detail: home };
  return failed(name, `${home} is encrypted`, "Encryption cannot be switched off again: make a room without it.");
}
