/**
 * For whoever carries out what was approved (`mos-hub/grant`): is this grant about exactly this action, and still valid? Needs the hub's public keys
 * (`/.well-known/jwks.json`) and no connection. That it is used only once the hub alone knows: consume it there first.
 */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";

export interface VerifiedGrant {
  readonly approvalId: string;
  readonly approvers: readonly { readonly id: string; readonly name: string }[];
  readonly expiresAt: Date;
}

export interface Expected {
  readonly keys: JSONWebKeySet;
  /** The hub's public URL, or `mos-hub:` and its tenant where it has none. */
  readonly issuer: string;
  /** What is about to be done. */
  readonly action: unknown;
}

/** Rejects for a grant that is forged, over, or about another action; its message says which. */
export async function verifyGrant(grant: string, { keys, issuer, action }: Expected): Promise<VerifiedGrant> {
  const { payload } = await jwtVerify(grant, createLocalJWKSet(keys), {
    issuer,
    algorithms: ["EdDSA"],
    requiredClaims: ["jti", "exp", "digest"],
  });
  const digest = createHash("sha256")
    .update(canonicalize(action) ?? "", "utf8")
    .digest("hex");
  if (payload["digest"] !== digest) throw new Error("the grant is about another action");
  const approvers = payload["approvers"] as VerifiedGrant["approvers"];
  return { approvalId: payload.jti ?? "", approvers, expiresAt: new Date((payload.exp ?? 0) * 1000) };
}

/** What a program that gave `answer_to` is told. */
export interface AnswerFields {
  readonly approval_id: string;
  readonly code: string;
  readonly state: string;
  readonly decided_by?: string | undefined;
  readonly reason?: string | undefined;
  /** Epoch ms. */
  readonly decided_at: number;
}

/** Of a body that the hub posted. Rejects for one that this hub has not signed. It may come twice; that it is approved lets nobody do anything: the grant does. */
export async function verifyAnswer(body: string, { keys, issuer }: Omit<Expected, "action">): Promise<AnswerFields> {
  const { payload } = await jwtVerify(body, createLocalJWKSet(keys), { issuer, algorithms: ["EdDSA"], typ: "mos-hub-answer+jwt" });
  return payload["answer"] as AnswerFields;
}
