/**
 * Who is behind a request to the hub's port: the local token of this life of the hub (in `run.json`, readable by the hub's own user), a
 * session of an agent (a token minted when it is opened, void when it is closed), a person's token, or a signed-in browser. None of the tokens
 * can decide anything. Secrets are compared by their hashes.
 */
import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Caller } from "../contract/connector.ts";
import type { SessionKey } from "../contract/ids.ts";
import { SCOPES, type Scope } from "../contract/tables.ts";
import { holderOf, scopesOf } from "../people/credentials.ts";
import { hashOf, newSecret } from "../people/secret.ts";
import { LOCAL_PERSON_ID } from "../people/directory.ts";
import type { Journal } from "../store/journal.ts";

/** Somebody the hub knows. */
export interface KnownCaller {
  /** What a connector is told. */
  readonly caller: Exclude<Caller, { type: "nobody" }>;
  readonly personId: string;
  /** What people call the token; of a browser, the person's name. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The same for every request with the same secret. Not secret itself. */
  readonly id: string;
  /** The browser sent its cookie by itself: the request may be another site's idea. */
  readonly ambient: boolean;
}

export interface Callers {
  /** For the commands of this machine; written to `run.json` and nowhere else. */
  readonly local: string;
  /** A fresh token for a session; the one before is void. */
  mint(session: SessionKey): string;
  /** Undefined for nobody the hub knows. */
  callerOf(request: Request): Promise<KnownCaller | undefined>;
  /** The open session whose agent calls; undefined for anybody else. */
  sessionOf(request: Request): Promise<SessionKey | undefined>;
}

export function createCallers({ journal, clock }: { readonly journal: Journal; readonly clock: Clock }): Callers {
  const local = newSecret();
  const localHash = hashOf(local);
  const sessions = new Map<string, SessionKey>();

  async function bearer(secret: string): Promise<KnownCaller | undefined> {
    if (timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(localHash)))
      return { caller: { type: "token" }, personId: LOCAL_PERSON_ID, name: "this machine", scopes: SCOPES, id: "local", ambient: false };
    const holder = await holderOf({ journal, now: clock.now() }, secret, "token");
    if (!holder) return undefined;
    const { credential, person } = holder;
    const scopes = scopesOf(person.roles).filter((scope) => credential.scopes.includes(scope));
    const caller = { type: "person", personId: person.id, name: person.name, assurance: "token" } as const;
    return { caller, personId: person.id, name: credential.name, scopes, id: credential.id, ambient: false };
  }

  async function browser(secret: string): Promise<KnownCaller | undefined> {
    const holder = await holderOf({ journal, now: clock.now() }, secret, "browser");
    if (!holder) return undefined;
    const { credential, person } = holder;
    const caller = { type: "person", personId: person.id, name: person.name, assurance: "platform" } as const;
    return { caller, personId: person.id, name: person.name, scopes: scopesOf(person.roles), id: credential.id, ambient: true };
  }

  return {
    local,
    mint(session) {
      for (const [hash, owner] of sessions) if (owner === session) sessions.delete(hash);
      const token = newSecret();
      sessions.set(hashOf(token), session);
      return token;
    },
    async callerOf(request) {
      const token = bearerOf(request);
      if (token !== undefined) return bearer(token);
      const cookie = cookieOf(request);
      return cookie === undefined ? undefined : browser(cookie);
    },
    async sessionOf(request) {
      const session = sessions.get(hashOf(bearerOf(request) ?? ""));
      const row = session && (await journal.store.get("sessions", session));
      return row?.status === "open" ? session : undefined;
    },
  };
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
}

export function cookieOf(request: Request): string | undefined {
  const name = cookieName(request);
  const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([key]) => key === name)?.[1] || undefined;
}

/** Cookies are shared by all ports of a host, so that each hub of a machine has its own name. */
function cookieName(request: Request): string {
  return `mos_hub_${/:(\d+)$/.exec(request.headers.get("host") ?? "")?.[1] ?? "web"}`;
}

export interface SetCookie {
  readonly value: string;
  /** Epoch ms; in the past to take it away. */
  readonly expiresAt: number;
  /** Only over TLS. */
  readonly secure: boolean;
}

/** `Lax`, so that a link from a chat opens signed in; what changes anything is guarded by its origin. */
export function cookieHeader(request: Request, { value, expiresAt, secure }: SetCookie): string {
  const expires = new Date(expiresAt).toUTCString();
  return `${cookieName(request)}=${value}; Path=/; HttpOnly; SameSite=Lax; Expires=${expires}${secure ? "; Secure" : ""}`;
}
