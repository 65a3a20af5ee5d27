/** The cards the rehearsal raises through the hub's own tools, step by step. Used by single words and by the story alike. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Talk } from "./talk.ts";

/** How long one call waits for people; the hub allows up to 25 s. */
const WAIT_MS = 20_000;
/** Between two steps of a deploy: about half a second at the default pace. */
const STEP_PACES = 12;

const decision = z.object({
  approval_id: z.string(),
  code: z.string().optional(),
  state: z.string(),
  decided_by: z.string().nullish(),
  reason: z.string().nullish(),
});

export interface Decided {
  readonly isApproved: boolean;
  /** `approved by Ann`, `denied: too early`, `expired`. */
  readonly words: string;
}

export interface WantedApproval {
  readonly title: string;
  readonly class: string;
  readonly action: Record<string, unknown>;
  readonly reason: string;
  readonly environment?: string;
}

/** Asks for an approval and waits until somebody has decided, however long that takes. `asked` is called before, with its id. */
export async function approval(talk: Talk, wanted: WantedApproval, asked?: (id: string) => Promise<unknown>): Promise<Decided> {
  let found = decision.parse(await talk.callHub("request_approval", { ...wanted, tool: "rehearsal", wait_ms: 0 }));
  await asked?.(found.approval_id);
  if (found.state === "pending")
    await talk.say(`I asked for approval${found.code === undefined ? "" : ` (${found.code})`} and wait for the decision.\n\n`);
  while (found.state === "pending") {
    await talk.pause();
    found = decision.parse(await talk.callHub("get_decision", { approval_id: found.approval_id, wait_ms: WAIT_MS }));
  }
  const isApproved = found.state === "approved" || found.state === "consumed";
  if (isApproved) return { isApproved, words: `approved by ${found.decided_by ?? "the policy"}` };
  return { isApproved, words: found.state === "denied" ? `denied: ${found.reason ?? "no reason given"}` : found.state };
}

export interface RehearsedDeploy {
  readonly app: string;
  readonly environment: string;
  readonly states: readonly string[];
  /** Where it is once it is live. Default: its own address. */
  readonly url?: string | undefined;
}

/** Where an app would be. */
export const urlOf = (app: string): string => `https://${app}.koompi.cloud`;

/** Nobody is to look for what is not there. */
export const rehearsed = (url: string): string => `${url} (rehearsed: nothing is there)`;

/** Two conversations never ask for quite the same. */
export const conversationOf = ({ sessionId }: Talk): string => sessionId.replace("rehearsal-", "").slice(0, 8);

const announced = z.object({ deploy_id: z.string() });

/** Announces a deploy state by state; the last state decides how it ended. Returns the hub's id of it. */
export async function deploy(talk: Talk, { app, environment, states, url = urlOf(app) }: RehearsedDeploy): Promise<string> {
  const revision = revisionOf(app);
  let id: string | undefined;
  for (const state of states) {
    if (id !== undefined) await talk.pause(STEP_PACES);
    const ending = {
      ...(state === "live" ? { urls: { live: url } } : {}),
      ...(state === "failed" ? { failure_tail: FAILURE_TAIL } : {}),
    };
    const report = { ...(id === undefined ? {} : { deploy_id: id }), app, environment, state, revision, ...ending };
    id = announced.parse(await talk.callHub("announce_deploy", report)).deploy_id;
  }
  return id ?? "";
}

function revisionOf(app: string): object {
  return { sha: createHash("sha1").update(app).digest("hex"), ref: "main", subject: `Rehearsed change of ${app}`, author: "Forge" };
}

const FAILURE_TAIL = [
  "> npm run build",
  "src/menu.ts(12,7): error TS2322: Type 'string' is not assignable to type 'number'.",
  "Build failed with exit code 2",
].join("\n");

/** Brings a domain of one's own to an app: records to set, certificate, live. `id`: of the deploy whose card tells it. Returns the hub's id. */
export async function domain(talk: Talk, { app, name, id }: { app: string; name: string; id: string }): Promise<string> {
  const records = [`CNAME ${name} ${app}.koompi.cloud`, `TXT _verify.${name} rehearsal`];
  let known = id;
  for (const state of ["records", "certificate", "live"]) {
    const urls = { live: state === "live" ? `https://${name}` : urlOf(app) };
    const report = { deploy_id: known, app, environment: "production", state: "live", revision: revisionOf(app), urls };
    known = announced.parse(await talk.callHub("announce_deploy", { ...report, domain: { name, state, records } })).deploy_id;
    await talk.pause(STEP_PACES);
  }
  return known;
}

const question = z.object({ question_id: z.string(), state: z.string(), values: z.record(z.string(), z.unknown()).nullish() });

/** Asks by the hub's form and waits; undefined when nobody wanted to answer. */
export async function askByHub(talk: Talk, text: string, fields: readonly object[]): Promise<Record<string, unknown> | undefined> {
  let found = question.parse(await talk.callHub("ask_question", { text, fields, wait_ms: 0 }));
  while (found.state === "pending") {
    await talk.pause();
    found = question.parse(await talk.callHub("get_decision", { approval_id: found.question_id, wait_ms: WAIT_MS }));
  }
  return found.values ?? undefined;
}
