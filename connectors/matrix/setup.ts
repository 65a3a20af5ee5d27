/** What `doctor` looks at. */
import { z } from "zod";
import type { AccountSecrets, CheckResult } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import { createApi, isRefusal, type MatrixApi, whyRefused, wordsOf } from "./api.ts";
import { type MatrixConfig, parseConfig } from "./config.ts";
import { createRooms } from "./rooms.ts";

export const openApi = (url: string, token?: string): MatrixApi => createApi({ url, token, answerMs: 5000 });

export async function check(block: unknown, secrets: AccountSecrets): Promise<readonly CheckResult[]> {
  try {
    const config = parseConfig(block);
    const server = await checkServer(config);
    if (!server.ok) return [server];
    const api = openApi(config.homeserver_url, secrets.get(config.token_env));
    const account = await checkAccount(config, api);
    return account.ok && config.room_id !== undefined ? [server, account, await checkHome(config.room_id, api)] : [server, account];
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return [{ name: "matrix", ok: false, detail: error.message, remedy: error.remedy }];
  }
}

/** Asked without the token: a wrong one is the account's fault, not the homeserver's. */
async function checkServer({ homeserver_url: url }: MatrixConfig): Promise<CheckResult> {
  const problem = await versionProblem(openApi(url));
  const remedy = "Correct homeserver_url, or start the homeserver.";
  if (problem !== undefined) return { name: "homeserver", ok: false, detail: `${url}: ${problem}`, remedy };
  const { protocol, hostname } = new URL(url);
  const isOpen = protocol === "http:" && !["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  if (!isOpen) return { name: "homeserver", ok: true, detail: url };
  return { name: "homeserver", ok: true, isWarning: true, detail: `${url}: the token travels unencrypted`, remedy: "Use https." };
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
  const { user_id, token_env } = config;
  const refused = await whyRefused(api, config).catch(wordsOf);
  if (refused === undefined) return { name: "account", ok: true, detail: user_id };
  const remedy = `Set ${token_env} to a token of ${user_id}; \`mos-hub conduit login\` gets one for its password.`;
  return { name: "account", ok: false, detail: refused, remedy };
}

async function checkHome(home: string, api: MatrixApi): Promise<CheckResult> {
  const name = "home room";
  try {
    const rooms = createRooms(api);
    const id = await rooms.idOf(home);
    const { joined_rooms } = await api.call("GET", "/joined_rooms", z.object({ joined_rooms: z.array(z.string()) }));
    if (!joined_rooms.includes(id))
      return { name, ok: true, isWarning: true, detail: `${home}: unknown, or not joined`, remedy: "Invite it, or correct room_id." };
    if (!(await rooms.isEncrypted(id))) return { name, ok: true, detail: home };
    return { name, ok: false, detail: `${home} is encrypted`, remedy: "Encryption cannot be switched off again: make a room without it." };
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return { name, ok: false, detail: `${home}: ${thrown.message}`, remedy: "Correct room_id." };
  }
}
