/**
 * From an empty homeserver to a room where the hub and its operator meet: users, room, power levels, token. Each step looks first whether it is
 * done already, so that it may be run again after any failure. Knows no configuration file; where tokens go is its caller's part.
 * Invariant: no password is kept, and the hub's user is never the server's admin.
 */
import { createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { isRefusal, type MatrixApi } from "../connectors/matrix/api.ts";
import { path } from "../connectors/matrix/ids.ts";
import { openApi } from "../connectors/matrix/setup.ts";

/** Makes a user with this password. Rejects when there is one already. */
export type Register = (name: string, password: string, isAdmin: boolean) => Promise<void>;

export interface BootstrapOptions {
  readonly url: string;
  /** Names without server: `mos`, `ann`. */
  readonly hub: string;
  readonly operator: string;
  readonly operatorPassword: string;
  readonly register: Register;
  /** Of a former run; used again while it is valid. */
  readonly hubToken?: string | undefined;
  /** Called as soon as there is one: what fails after it can be gone on with. */
  readonly keepToken: (token: string) => Promise<void>;
  readonly tell: (done: string) => void;
}

export interface Bootstrapped {
  readonly hubUserId: string;
  readonly operatorUserId: string;
  readonly roomId: string;
  readonly hubToken: string;
}

/** Fixed: what protects from doubles belongs to the device. */
export const DEVICE_ID = "MOSHUB";

export async function bootstrap(options: BootstrapOptions): Promise<Bootstrapped> {
  const { url, hub, operator, operatorPassword, register, tell } = options;
  // The operator first: a Conduit makes its first user the admin of the server.
  const operatorToken = await registered(url, {
    name: operator,
    password: operatorPassword,
    isAdmin: true,
    deviceId: "MOSHUBSETUP",
    register,
  });
  const operatorUserId = await whoIs(url, operatorToken);
  tell(`the operator is ${operatorUserId}`);
  const hubToken = await tokenOfHub(options);
  await options.keepToken(hubToken);
  const hubUserId = await whoIs(url, hubToken);
  tell(`the hub is ${hubUserId}`);
  const roomId = await openRoom(openApi(url, operatorToken), { alias: hub, hubUserId, operatorUserId });
  await openApi(url, hubToken).call("POST", path`/join/${roomId}`, z.unknown());
  tell(`they meet in ${roomId}`);
  await openApi(url, operatorToken).call("POST", "/logout", z.unknown());
  return { hubUserId, operatorUserId, roomId, hubToken };
}

interface Wanted {
  readonly name: string;
  readonly password: string;
  readonly isAdmin: boolean;
  readonly deviceId: string;
  readonly register: Register;
}

async function tokenOfHub({ url, hub, hubToken, register }: BootstrapOptions): Promise<string> {
  if (hubToken !== undefined && (await whoIs(url, hubToken).catch(() => undefined)) !== undefined) return hubToken;
  // Nobody needs this password again: a lost token is replaced by an admin, who sets another one.
  return registered(url, { name: hub, password: randomBytes(24).toString("base64url"), isAdmin: false, deviceId: DEVICE_ID, register });
}

/** Logs in, and registers first where there is no such user yet. */
async function registered(url: string, { name, password, isAdmin, deviceId, register }: Wanted): Promise<string> {
  const login = { url, userId: name, password, deviceId };
  try {
    return await logIn(login);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    await register(name, password, isAdmin);
    return logIn(login);
  }
}

export interface PasswordLogin {
  readonly url: string;
  readonly userId: string;
  readonly password: string;
  /** The same again gives the same device a new token; the old one ends. */
  readonly deviceId: string;
}

/** Logs in once; resolves with the token. The password is used for this and kept nowhere. */
export async function logIn({ url, userId: user, password, deviceId }: PasswordLogin): Promise<string> {
  const identifier = { type: "m.id.user", user };
  const body = { type: "m.login.password", identifier, password, device_id: deviceId, initial_device_display_name: "mos-hub" };
  return (await openApi(url).call("POST", "/login", z.object({ access_token: z.string() }), { body })).access_token;
}

export async function whoIs(url: string, token: string): Promise<string> {
  return (await openApi(url, token).call("GET", "/account/whoami", z.object({ user_id: z.string() }))).user_id;
}

const roomAnswer = z.object({ room_id: z.string() });
const capabilities = z.object({ capabilities: z.object({ "m.room_versions": z.object({ default: z.string() }) }) });

/** From this version on creators stand above every power level, and may not be listed in them. */
const CREATORS_OUTRANK = 12;

async function openRoom(
  api: MatrixApi,
  { alias, hubUserId, operatorUserId }: { alias: string; hubUserId: string; operatorUserId: string },
): Promise<string> {
  const [, server = ""] = /^@[^:]+:(.+)$/.exec(operatorUserId) ?? [];
  try {
    return (await api.call("GET", path`/directory/room/${`#${alias}:${server}`}`, roomAnswer)).room_id;
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
  }
  const versions = (await api.call("GET", "/capabilities", capabilities)).capabilities["m.room_versions"];
  const creator = Number(versions.default) >= CREATORS_OUTRANK ? {} : { [operatorUserId]: 100 };
  const body = {
    name: "mos-hub",
    room_alias_name: alias,
    preset: "private_chat",
    // The hub may redact its own and pin; it may not invite, remove or change anything.
    power_level_content_override: { users: { ...creator, [hubUserId]: 10 }, invite: 50 },
    invite: [hubUserId],
  };
  return (await api.call("POST", "/createRoom", roomAnswer, { body })).room_id;
}

// how users are made

/** With the one-time token of a Conduit's configuration; a server that asks for more than it is given the empty stage as well, as Synapse does. */
export function byRegistrationToken(url: string, token: string): Register {
  return async (name, password) => {
    const wanted = { username: name, password, inhibit_login: true };
    const { session } = (await (await postJson(url, REGISTER, wanted)).json()) as { session?: string };
    const pass = (stage: object): Promise<Response> => postJson(url, REGISTER, { ...wanted, auth: { ...stage, session } });
    let answer = await pass({ type: "m.login.registration_token", token });
    const { completed = [] } = (await answer.clone().json()) as { completed?: string[] };
    if (completed.length > 0) answer = await pass({ type: "m.login.dummy" });
    if (!answer.ok) throw new Error(`the homeserver does not register ${name} (${answer.status}): ${await answer.text()}`);
  };
}

/** Synapse's own way for those who run it: a nonce, signed with the secret of its configuration. */
export function bySharedSecret(url: string, secret: string): Register {
  return async (name, password, isAdmin) => {
    const { nonce } = z.object({ nonce: z.string() }).parse(await (await fetch(`${url.replace(/\/$/, "")}${SYNAPSE_REGISTER}`)).json());
    const signed = [nonce, name, password, isAdmin ? "admin" : "notadmin"].join("\0");
    const mac = createHmac("sha1", secret).update(signed).digest("hex");
    const answer = await postJson(url, SYNAPSE_REGISTER, { nonce, username: name, password, admin: isAdmin, mac });
    if (!answer.ok) throw new Error(`the homeserver does not register ${name} (${answer.status}): ${await answer.text()}`);
  };
}

/** Whether anybody may still register: asked as anybody would. */
export async function isRegistrationOpen(url: string): Promise<boolean> {
  return (await postJson(url, REGISTER, { username: `probe${randomBytes(4).toString("hex")}` })).status === 401;
}

/** The homeserver answers at all. */
export async function isUp(url: string): Promise<boolean> {
  return fetch(`${url.replace(/\/$/, "")}/_matrix/client/versions`).then(
    ({ ok }) => ok,
    () => false,
  );
}

const REGISTER = "/_matrix/client/v3/register";
const SYNAPSE_REGISTER = "/_synapse/admin/v1/register";

function postJson(url: string, at: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${url.replace(/\/$/, "")}${at}`, { method: "POST", headers, body: JSON.stringify(body) });
}
