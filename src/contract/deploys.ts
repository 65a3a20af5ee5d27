/** Deploys as they are kept, and the rules about them: who hears of which, and what is looked at before one is called live. Types only; applied by `src/deploys`. */
import type { Address, SessionKey } from "./ids.ts";
import type { AppSetup, DeployState, DeployWish } from "./message.ts";
import type { DeployReport } from "./orchestrator.ts";

/** What the configuration says about deploys. */
export interface DeployRules {
  /** With none of them the home chats hear of what was asked in no thread. */
  readonly routes: readonly DeployRoute[];
  /** Whether the address of a deploy is looked at before it is called live. */
  readonly checksUrls: boolean;
  /** Who carries out what is approved, each for some places: the first that fits. Where none does, the agent of the conversation. */
  readonly carriers: readonly DeployCarrier[];
  /** How long somebody who carries it out may take to report what came of it, ms. */
  readonly resultWithinMs: number;
}

/** A service that carries out rollbacks and promotions. App and environment are globs. */
export type DeployCarrier = Pick<DeployInterest, "app" | "environment">;

/** What a place hears of. App and environment are globs. */
export interface DeployInterest {
  readonly app: string;
  readonly environment: string;
  /** Undefined: every state. */
  readonly states?: readonly DeployState[] | undefined;
}

export interface DeployRoute extends DeployInterest {
  readonly chats: readonly Address[];
}

/** `refused`: an address the hub does not ask, such as a private one, which says nothing about the app. */
export type UrlAnswer =
  | { readonly outcome: "answers"; readonly status: number }
  | { readonly outcome: "silent"; readonly why: string }
  | { readonly outcome: "refused"; readonly why: string };

/** What a report came to. */
export interface DeployOutcome {
  /** The hub's id; absent for a step of an app of which no deploy is known. */
  readonly id?: string | undefined;
  readonly environment: string;
  /** What the deploy counts as now: another state than was reported where that came too late. */
  readonly state?: DeployState | undefined;
  /** False: it said nothing new, and nothing was announced. */
  readonly changed: boolean;
}

// The record

export interface DeployFields {
  /** App and environment, as a search key. */
  slot: string;
  orchestrator: string | null;
  state: DeployState;
  report: DeployReport;
  /** The states announced so far; each once. */
  announced: readonly DeployState[];
  trace: string;
  times: Partial<Record<DeployState, number>>;
  /** The thread it was asked in, which hears of it whatever the routes say; absent when it was reported from outside. */
  origin?: Address | undefined;
  /** Whose agent carries out what is asked for it: the session of that thread, else that of the deploy before it. */
  sessionKey?: SessionKey | undefined;
  /** What was live in its place before it. */
  since?: LiveRevision | undefined;
  /** What overtook it and was rolled back since: this one is live again, until another is live or it is taken back itself. */
  again?: LiveRevision | undefined;
  /** Whether the address it is live at answers; `why` it did not when last looked at. While it is `checking` nothing claims that it is live. */
  check?: { readonly state: "checking" | "answers" | "silent"; readonly url: string; readonly why?: string | undefined } | undefined;
  /** Of the failed deploy whose failure this one ended, or that ended this one's. */
  recovers?: LiveRevision | undefined;
  recoveredBy?: LiveRevision | undefined;
  /** What is set up for its app and environment, as it stands. The report itself holds none of it. */
  setups?: readonly AppSetup[] | undefined;
  /** What a person asked to be done with it. */
  wish?: Wish | undefined;
}

/** One deploy as another one speaks of it. `at`: when it went live, or failed. */
export interface LiveRevision {
  readonly id: string;
  /** Its maker's id. */
  readonly deployId?: string | undefined;
  readonly at: number;
  readonly revision?: DeployReport["revision"];
}

/**
 * `given`: approved, and whoever carries it out is told. `not_taken`: they could not be. `not_reported`: nobody said in time what came of it, and
 * still may. `done`: what was promoted has been reported where it goes.
 */
export interface Wish {
  readonly what: DeployWish;
  readonly state: "asked" | "given" | "refused" | "not_taken" | "not_reported" | "done";
  readonly by: string;
  readonly code: string;
  /** Where what is promoted goes. */
  readonly to?: string | undefined;
  /** Who decided, and why. */
  readonly words?: string | undefined;
  /** Of `given`, who has it, absent until somebody does; of `not_taken`, why; of `done`, what was reported. */
  readonly outcome?: string | undefined;
  /** Of `given`, while nobody has it: why not yet, and until when it is tried again, epoch ms. */
  readonly delay?: { readonly why: string; readonly until: number } | undefined;
}
