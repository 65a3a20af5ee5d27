/**
 * Who is behind a request to the hub's port. Two kinds of token, neither of which can decide anything: the local token of this life of the
 * hub (in `run.json`, readable by the hub's own user), and one per session of an agent, minted when it is opened and revoked with it.
 * Only hashes are kept; a token is compared in constant time.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Caller } from "../contract/connector.ts";
import type { SessionKey } from "../contract/ids.ts";

export interface Tokens {
  /** For the commands of this machine; written to `run.json` and nowhere else. */
  readonly local: string;
  /** A fresh token for a session; the one before is void. */
  mint(session: SessionKey): string;
  revoke(session: SessionKey): void;
  callerOf(request: Request): Caller;
  /** The session whose agent calls; undefined for anybody else. */
  sessionOf(request: Request): SessionKey | undefined;
}

export function createTokens(): Tokens {
  const local = randomToken();
  const localHash = hashOf(local);
  const sessions = new Map<string, SessionKey>();

  function revoke(session: SessionKey): void {
    for (const [hash, owner] of sessions) if (owner === session) sessions.delete(hash);
  }

  return {
    local,
    revoke,
    mint(session) {
      revoke(session);
      const token = randomToken();
      sessions.set(hashOf(token).toString("hex"), session);
      return token;
    },
    callerOf(request) {
      const token = bearerOf(request);
      return token !== undefined && timingSafeEqual(hashOf(token), localHash) ? { type: "token" } : { type: "nobody" };
    },
    sessionOf(request) {
      const token = bearerOf(request);
      return token === undefined ? undefined : sessions.get(hashOf(token).toString("hex"));
    },
  };
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
}

function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
