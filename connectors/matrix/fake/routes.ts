/**
 * What the fake homeserver answers, call by call; the paths are those of the client-server API v1.19 (`:` a part, `*` one that may be empty).
 * Long polls and faults are server.ts's part.
 */
import { randomBytes } from "node:crypto";
import { type FakeRoom, known, type Rooms } from "./rooms.ts";
import { type Call, type Content, type Login, MatrixRefusal } from "./shapes.ts";
import { messagesAnswer, onWire } from "./sync.ts";

export interface Media {
  readonly bytes: Buffer;
  readonly type: string;
  readonly name: string;
}

export interface Books {
  readonly rooms: Rooms;
  readonly serverName: string;
  readonly passwords: Map<string, string>;
  readonly logins: Map<string, Login>;
  readonly media: Map<string, Media>;
  /** One event per device, path and transaction id. */
  readonly transactions: Map<string, string>;
  readonly uploadBytes: number;
  /** Of rooms made here. */
  readonly roomVersion: string;
  /** Throws `M_LIMIT_EXCEEDED` when this user's events come too fast. */
  readonly charge: (user: string) => void;
}

type Handler = (books: Books, call: Call, at: { readonly login: Login; readonly parts: readonly string[] }) => unknown;

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly handle: Handler;
}

const CLIENT = "/_matrix/client/v3";
const MEDIA = "/_matrix/client/v1/media";

const ROUTES: readonly Route[] = [
  route("GET", `${CLIENT}/account/whoami`, (_books, _call, { login }) => ({ user_id: login.user, device_id: login.device })),
  route("GET", `${CLIENT}/directory/room/:`, ({ rooms }, _call, { parts: [alias = ""] }) => ({
    room_id: rooms.find(alias).id,
    servers: [],
  })),
  route("GET", `${CLIENT}/joined_rooms`, ({ rooms }, _call, { login }) => ({
    joined_rooms: [...rooms.rooms.values()].filter(({ members }) => members.get(login.user) === "join").map(({ id }) => id),
  })),
  route("GET", `${CLIENT}/capabilities`, ({ roomVersion }) => ({ capabilities: { "m.room_versions": { default: roomVersion } } })),
  route("POST", `${CLIENT}/logout`, ({ logins }, _call, { login }) => {
    logins.delete(login.token);
    return {};
  }),
  route("POST", `${CLIENT}/createRoom`, createRoom),
  route("POST", `${CLIENT}/join/:`, join),
  route("POST", `${CLIENT}/rooms/:/leave`, leave),
  route("POST", `${CLIENT}/rooms/:/invite`, (...call) => changeMember("invite", ...call)),
  route("POST", `${CLIENT}/rooms/:/kick`, (...call) => changeMember("leave", ...call)),
  route("GET", `${CLIENT}/rooms/:/joined_members`, ({ rooms }, _call, { login, parts: [id = ""] }) => {
    const joined = [...rooms.findFor(login.user, id).members].filter(([, membership]) => membership === "join");
    return { joined: Object.fromEntries(joined.map(([user]) => [user, { display_name: user }])) };
  }),
  route("GET", `${CLIENT}/rooms/:/state/:/*`, state),
  route("PUT", `${CLIENT}/rooms/:/state/:/*`, setState),
  route("GET", `${CLIENT}/rooms/:/event/:`, ({ rooms }, _call, { login, parts: [id = "", event = ""] }) => {
    const found = rooms.findFor(login.user, id).events.find(({ event_id }) => event_id === event);
    if (!found) throw new MatrixRefusal(404, "M_NOT_FOUND", "Event not found.");
    return onWire(found);
  }),
  route("GET", `${CLIENT}/rooms/:/messages`, ({ rooms }, { query }, { login, parts: [id = ""] }) =>
    messagesAnswer(rooms.findFor(login.user, id), query),
  ),
  route("PUT", `${CLIENT}/rooms/:/send/:/:`, sendEvent),
  route("PUT", `${CLIENT}/rooms/:/redact/:/:`, redact),
  route("PUT", `${CLIENT}/rooms/:/typing/:`, ({ rooms }, { body }, { login, parts: [id = ""] }) => {
    const { typing } = rooms.findFor(login.user, id);
    if (body["typing"] === true) typing.add(login.user);
    else typing.delete(login.user);
    return {};
  }),
  route("POST", `${CLIENT}/rooms/:/receipt/m.read/:`, ({ rooms }, _call, { login, parts: [id = "", event = ""] }) => {
    const room = rooms.findFor(login.user, id);
    room.receipts.set(login.user, known(room, event).event_id);
    return {};
  }),
  route("POST", "/_matrix/media/v3/upload", upload),
  route("GET", `${MEDIA}/config`, ({ uploadBytes }) => ({ "m.upload.size": uploadBytes })),
  route("GET", `${MEDIA}/download/:/:`, ({ media }, _call, { parts: [server = "", id = ""] }) => {
    const found = media.get(`mxc://${server}/${id}`);
    if (!found) throw new MatrixRefusal(404, "M_NOT_FOUND", "Not found");
    return found;
  }),
];

function route(method: string, path: string, handle: Handler): Route {
  return { method, pattern: new RegExp(`^${path.replaceAll(":", "([^/]+)").replaceAll("/*", "/([^/]*)")}$`), handle };
}

/** The body of the answer, or a `Media`. Throws a MatrixRefusal. */
export function answer(books: Books, call: Call, login: Login): unknown {
  for (const { method, pattern, handle } of ROUTES) {
    const match = method === call.method ? pattern.exec(call.path) : null;
    if (match) return handle(books, call, { login, parts: match.slice(1).map(decodeURIComponent) });
  }
  throw new MatrixRefusal(404, "M_UNRECOGNIZED", "Unrecognized request");
}

/** By password, once; without a token. */
export function logIn({ passwords, logins, serverName }: Books, { body }: Call): Content {
  const identifier = body["identifier"] as { type?: string; user?: string } | undefined;
  const name = identifier?.user ?? "";
  const user = name.startsWith("@") ? name : `@${name}:${serverName}`;
  if (body["type"] !== "m.login.password" || identifier?.type !== "m.id.user" || passwords.get(user) !== body["password"])
    throw new MatrixRefusal(403, "M_FORBIDDEN", "Invalid username or password");
  const device = typeof body["device_id"] === "string" ? body["device_id"] : randomBytes(5).toString("hex").toUpperCase();
  const token = `syt_${randomBytes(18).toString("base64url")}`;
  for (const [old, login] of logins) if (login.user === user && login.device === device) logins.delete(old);
  logins.set(token, { user, device, token });
  return { user_id: user, device_id: device, access_token: token };
}

/** With the one token of the configuration; closed where there is none. */
export function register({ passwords, serverName }: Books, { body }: Call, token: string | undefined): Content {
  if (token === undefined) throw new MatrixRefusal(403, "M_FORBIDDEN", "Registration has been disabled.");
  const auth = body["auth"] as { type?: string; token?: string } | undefined;
  if (auth?.type !== "m.login.registration_token" || auth.token !== token)
    throw new MatrixRefusal(401, "M_UNAUTHORIZED", "a registration token is needed");
  const user = `@${String(body["username"])}:${serverName}`;
  if (passwords.has(user)) throw new MatrixRefusal(400, "M_USER_IN_USE", "Desired user ID is already taken.");
  passwords.set(user, String(body["password"]));
  return { user_id: user };
}

function createRoom({ rooms, serverName, roomVersion }: Books, { body }: Call, { login }: { readonly login: Login }): Content {
  const alias = typeof body["room_alias_name"] === "string" ? [`#${body["room_alias_name"]}:${serverName}`] : [];
  const levels = body["power_level_content_override"] as { users?: Content } | undefined;
  if (Number(roomVersion) >= 12 && Object.hasOwn(levels?.users ?? {}, login.user))
    throw new MatrixRefusal(400, "M_BAD_JSON", "creators of a version 12 room may not be listed in its power levels");
  const room = rooms.create(login.user, alias);
  for (const user of (body["invite"] as string[] | undefined) ?? [])
    rooms.member(room, login.user, user, { membership: "invite", is_direct: body["is_direct"] });
  return { room_id: room.id };
}

function join({ rooms }: Books, _call: Call, { login, parts: [id = ""] }: Parameters<Handler>[2]): Content {
  const room = rooms.find(id);
  const membership = room.members.get(login.user);
  if (membership === "ban" || membership === undefined || membership === "leave")
    throw new MatrixRefusal(403, "M_FORBIDDEN", "You are not invited to this room.");
  if (membership === "invite") rooms.member(room, login.user, login.user, "join");
  return { room_id: room.id };
}

function leave({ rooms }: Books, { body }: Call, { login, parts: [id = ""] }: Parameters<Handler>[2]): Content {
  rooms.member(rooms.find(id), login.user, login.user, { membership: "leave", reason: body["reason"] });
  return {};
}

function changeMember(membership: string, { rooms }: Books, { body }: Call, { login, parts: [id = ""] }: Parameters<Handler>[2]): Content {
  rooms.member(rooms.findFor(login.user, id), login.user, String(body["user_id"]), membership);
  return {};
}

function state({ rooms }: Books, _call: Call, { login, parts: [id = "", type = "", key = ""] }: Parameters<Handler>[2]): Content {
  const found = rooms.findFor(login.user, id).events.findLast((event) => event.type === type && event.state_key === key);
  if (!found) throw new MatrixRefusal(404, "M_NOT_FOUND", "Event not found.");
  return found.content;
}

function setState(
  { rooms }: Books,
  { body }: Call,
  { login, parts: [id = "", type = "", stateKey = ""] }: Parameters<Handler>[2],
): Content {
  const room = rooms.findFor(login.user, id);
  return { event_id: rooms.append(room, { type, sender: login.user, stateKey, content: body }).event_id };
}

function sendEvent(books: Books, { body, path }: Call, { login, parts: [id = "", type = ""] }: Parameters<Handler>[2]): Content {
  const room = books.rooms.findFor(login.user, id);
  return once(books, { login, path }, () => books.rooms.send(room, { type, sender: login.user, content: body }).event_id);
}

function redact(books: Books, { path }: Call, { login, parts: [id = "", target = ""] }: Parameters<Handler>[2]): Content {
  const room: FakeRoom = books.rooms.findFor(login.user, id);
  return once(books, { login, path }, () => books.rooms.redact(room, login.user, target).event_id);
}

/** The same device and path: the same event, however often it is sent. What is known already is not charged. */
function once(books: Books, { login, path }: { readonly login: Login; readonly path: string }, make: () => string): Content {
  const key = JSON.stringify([login.device, path]);
  const before = books.transactions.get(key);
  if (before !== undefined) return { event_id: before };
  books.charge(login.user);
  const made = make();
  books.transactions.set(key, made);
  return { event_id: made };
}

function upload({ media, serverName, uploadBytes }: Books, { bytes, headers, query }: Call): Content {
  const length = headers["content-length"];
  if (length === undefined) throw new MatrixRefusal(400, "M_UNKNOWN", "Request must specify a Content-Length");
  if (Number(length) > uploadBytes) throw new MatrixRefusal(413, "M_TOO_LARGE", "Upload request body is too large");
  const uri = `mxc://${serverName}/${randomBytes(12).toString("hex")}`;
  media.set(uri, { bytes, type: String(headers["content-type"]), name: query.get("filename") ?? "" });
  return { content_uri: uri };
}
