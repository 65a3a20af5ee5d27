/** The program that asks, and the executors that use what it is granted. It tries again through every death of the hub and keeps its own books. */
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "../../../src/client.ts";
import { HubError } from "../../../src/contract/errors.ts";
import type { Asked } from "./books.ts";

export interface Request {
  readonly title: string;
  readonly id: string;
  readonly code: string;
  readonly digest: string;
  readonly expiresAt: number;
  readonly action: Record<string, unknown>;
}

export interface Program {
  ask(number: number, environment: string): Promise<Request>;
  /** Waits until it is decided and uses what it is granted, from two executors at once. */
  follow(request: Request): Promise<Asked>;
  /** What the hub says of it, later. */
  stateOf(code: string): Promise<string>;
}

const AGAIN_MS = 30;
const WAIT_MS = 5000;

/** `where`: of the present life of the hub. */
export function createProgram(where: () => { url: string; token: string }): Program {
  const { approvals } = createClient({ where });

  async function get(code: string, waitMs = 0) {
    const found = await insist(() => approvals.get(code, { waitMs }));
    if (found.type !== "approval") throw new Error(`${code} is no approval`);
    return found;
  }

  /** `true`: go on; else why not. */
  async function use(grant: string, action: Record<string, unknown>): Promise<true | string> {
    try {
      await insist(() => approvals.consume(grant, action as never));
      return true;
    } catch (thrown) {
      if (thrown instanceof HubError && thrown.code === "grant_refused") return thrown.message;
      throw thrown;
    }
  }

  return {
    async ask(number, environment) {
      const title = `Race ${number}`;
      const action = { command: ["release", `v${number}`] };
      const ask = { title, action, tool: "execute", environment, account: "hook", chat: "lobby", thread: `race-${number % 8}` };
      const made = await insist(() => approvals.ask(ask as never, `race-${number}`));
      if (made.type !== "approval") throw new Error(`${title} became a question`);
      const { id, code, digest, expiresAt } = made;
      return { title, id, code, digest, expiresAt, action };
    },
    async follow({ title, id, code, digest, action }) {
      const request = { title, id, code, digest, action };
      let found = await get(request.code, WAIT_MS);
      while (found.state === "pending") found = await get(request.code, WAIT_MS);
      const common = { ...request, state: found.state, decidedBy: found.decidedBy, grant: undefined, uses: 0, refusals: [] };
      if (found.state !== "approved") return common;
      const { grant } = await insist(() => approvals.grant(request.code));
      const answers = await Promise.all([use(grant, request.action), use(grant, request.action)]);
      const refusals = answers.filter((answer) => answer !== true);
      return { ...common, grant, uses: answers.length - refusals.length, refusals };
    },
    stateOf: async (code) => (await get(code)).state,
  };
}

/** Until the hub lives and answers; what it refuses is thrown. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      const isDead =
        !(thrown instanceof HubError) || ["hub_unreachable", "hub_not_running", "hub_stopping", "store_failed"].includes(thrown.code);
      if (!isDead) throw thrown;
      await pause(AGAIN_MS);
    }
  }
}
