/**
 * Grants: the signed proof of an approval, for whoever carries the action out. A JWS (EdDSA, RFC 8037) over the digest of the exact action, who
 * approved it and until when; it can be checked offline with the published keys, and used once at the hub.
 * Signing keys change every 30 days; an old one is published for as long as a grant of its could still be valid.
 */
import { randomUUID } from "node:crypto";
import type { JSONWebKeySet, JWK, SignJWT } from "jose";
import type { Keyv } from "keyv";
import { z } from "zod";
import { HubError } from "../contract/errors.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import type { Row } from "../contract/tables.ts";
import { createSerial } from "../serial.ts";
import type { Journal } from "../store/journal.ts";
import type { Seal } from "../store/seal.ts";
import type { AnswerFields } from "../grant.ts";
import { digestOf } from "./digest.ts";
import { consumeWork } from "./record.ts";

export interface Grants {
  /** Of an approved request. */
  sign(row: Row<"approvals">): Promise<string>;
  /** Signs anything else the hub says to a program about its rules, valid for `ms`. No grant: it has neither action nor approvers. */
  signBundle(claims: Readonly<Record<string, unknown>>, audience: string, ms: number): Promise<string>;
  /** What became of a request, for whoever wanted to be called: no grant, and never taken for one. */
  signAnswer(row: Row<"approvals">): Promise<string>;
  /** Throws HubError `grant_refused` for what is forged, foreign or over. */
  verify(grant: string): Promise<GrantClaims>;
  /** The public keys, as `/.well-known/jwks.json`. */
  keys(): Promise<JSONWebKeySet>;
}

export const grantClaims = z.object({
  /** The request's id; it is used up once. */
  jti: z.string(),
  /** SHA-256, hex, over the canonical JSON of the exact action. */
  digest: z.string(),
  code: z.string(),
  class: z.string(),
  /** Who asked. */
  sub: z.string(),
  approvers: z.array(z.object({ id: z.string(), name: z.string() })),
  /** Seconds since 1970, as JWT has it. */
  iat: z.number(),
  exp: z.number(),
});
export type GrantClaims = z.output<typeof grantClaims>;

export interface GrantParts {
  /** Where the signing keys lie, their private halves sealed. */
  readonly state: Keyv;
  readonly seal: Seal;
  /** Names the hub in each grant. */
  readonly issuer: string;
  /** The longest time a grant can be valid, ms. */
  readonly longestMs: number;
  readonly now: () => number;
}

const ALGORITHM = "EdDSA";
const ANSWER_TYPE = "mos-hub-answer+jwt";
/** Loaded on first use: most hubs never sign. */
const loadJose = () => import("jose");
const ROTATE_MS = 30 * 86_400_000;

const signingKey = z.object({ kid: z.string(), public: z.record(z.string(), z.unknown()), sealed: z.string(), at: z.number() });
type SigningKey = z.output<typeof signingKey>;

export function createGrants({ state, seal, issuer, longestMs, now }: GrantParts): Grants {
  const serial = createSerial();

  async function stored(): Promise<SigningKey[]> {
    return z.array(signingKey).parse((await state.get("signing-keys")) ?? []);
  }

  /** The newest key, after making one where it is too old. */
  function current(): Promise<SigningKey> {
    return serial.run("keys", async () => {
      const [newest, ...older] = await stored();
      if (newest && now() - newest.at < ROTATE_MS) return newest;
      const fresh = await draw();
      const kept = [newest, ...older].filter((key) => key !== undefined && now() - key.at < ROTATE_MS + longestMs);
      await state.set("signing-keys", [fresh, ...kept]);
      return fresh;
    });
  }

  async function draw(): Promise<SigningKey> {
    const { exportJWK, generateKeyPair } = await loadJose();
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { crv: "Ed25519", extractable: true });
    const kid = randomUUID();
    const published = { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: "sig" };
    return { kid, public: published, sealed: seal.seal(JSON.stringify(await exportJWK(privateKey))), at: now() };
  }

  async function keys(): Promise<JSONWebKeySet> {
    await current();
    return { keys: (await stored()).map((key) => key.public as JWK) };
  }

  async function signed(claims: Record<string, unknown>, typ: string, set: (jwt: SignJWT) => SignJWT): Promise<string> {
    const { importJWK, SignJWT } = await loadJose();
    const key = await current();
    const secret = await importJWK(JSON.parse(seal.open(key.sealed)) as JWK, ALGORITHM);
    return set(new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ }).setIssuer(issuer)).sign(secret);
  }

  return {
    keys,
    async signAnswer({ id, code, state, decider, decidedAt, decisionReason, updatedAt }) {
      const answer: AnswerFields = {
        approval_id: id,
        code,
        state: state === "consumed" ? "approved" : state,
        decided_by: decider ?? undefined,
        reason: decisionReason ?? undefined,
        decided_at: decidedAt ?? updatedAt,
      };
      return signed({ answer }, ANSWER_TYPE, (jwt) => jwt.setIssuedAt(Math.floor(now() / 1000)));
    },
    async sign(row) {
      const approvers = row.votes.flatMap(({ personId, name, verdict }) => (verdict === "approve" ? [{ id: personId, name }] : []));
      const decidedAt = row.decidedAt ?? 0;
      return signed({ digest: row.digest, code: row.code, class: row.class, approvers }, "JWT", (jwt) =>
        jwt
          .setSubject(row.orchestrator)
          .setJti(row.id)
          .setIssuedAt(Math.floor(decidedAt / 1000))
          .setExpirationTime(Math.floor((decidedAt + row.policy.executionWindowMs) / 1000)),
      );
    },
    signBundle: (claims, audience, ms) =>
      signed({ ...claims }, "policy+jwt", (jwt) =>
        jwt
          .setAudience(audience)
          .setIssuedAt(Math.floor(now() / 1000))
          .setExpirationTime(Math.floor((now() + ms) / 1000)),
      ),
    async verify(grant) {
      const { createLocalJWKSet, errors, jwtVerify } = await loadJose();
      try {
        const known = createLocalJWKSet(await keys());
        const { payload } = await jwtVerify(grant, known, { issuer, algorithms: [ALGORITHM], currentDate: new Date(now()) });
        return grantClaims.parse(payload);
      } catch (thrown) {
        if (thrown instanceof errors.JWTExpired) throw new HubError("grant_refused", { reason: "its time is over" });
        if (thrown instanceof errors.JOSEError || thrown instanceof z.ZodError)
          throw new HubError("grant_refused", { reason: "this hub has not signed it" });
        throw thrown;
      }
    },
  };
}

/** The one use of an approval, by its grant. Throws HubError `grant_refused` with the reason; a second use is refused too. */
export async function consumeGrant(
  { journal, grants, now }: { readonly journal: Journal; readonly grants: Grants; readonly now: () => number },
  { grant, action, by }: { readonly grant: string; readonly action: ApprovalAsk["action"]; readonly by: string },
): Promise<GrantClaims> {
  const claims = await grants.verify(grant);
  if (claims.digest !== digestOf(action)) throw new HubError("grant_refused", { reason: "it is about another action" });
  await journal.settle({ actorId: by, scope: "hub" }, async () => {
    const row = await journal.store.get("approvals", claims.jti);
    if (row?.state === "consumed") throw new HubError("grant_refused", { reason: "it has been used already" });
    if (row?.state !== "approved" || row.usedBy !== "grant") throw new HubError("grant_refused", { reason: "there is no such approval" });
    return { writes: consumeWork(row, now()) };
  });
  return claims;
}
