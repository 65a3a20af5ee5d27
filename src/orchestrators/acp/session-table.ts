/** Which conversation of the agent is which session of the hub. The agent's ids mean something only within one life of its process. */
import type { SessionKey } from "../../contract/ids.ts";
import type { OpenedSession } from "../../contract/orchestrator.ts";
import { createOptions, type Options } from "./options.ts";
import { createTranslation, type Translation } from "./updates.ts";

export interface RunningTurn {
  readonly id: string;
  /** True once the prompt has left whole: from then on it may have been acted on. */
  isWritten: boolean;
  isCancelled: boolean;
  /** Characters of its answer so far. */
  answerChars: number;
}

export interface Session {
  readonly key: SessionKey;
  readonly translation: Translation;
  readonly options: Options;
  /** What people chose, and what of it this life of the agent has been told. */
  wishes: Readonly<Record<string, string>>;
  told: Record<string, string>;
  /** Characters the agent has said on its own since the last turn. */
  asideChars: number;
  /** How many conversations of helpers lead here. */
  helpers: number;
  /** Epoch ms of the last word of either side. */
  usedAt: number;
  /** It is being closed for want of use. */
  closing: Promise<void> | undefined;
  agentSessionId: string | undefined;
  /** The life it is open on. */
  epoch: string | undefined;
  opening: Promise<OpenedSession> | undefined;
  turn: RunningTurn | undefined;
  /** The people of this session were told of a crash and not yet that it is over. */
  isToldOfCrash: boolean;
}

export interface SessionTable {
  get(key: SessionKey): Session | undefined;
  /** The session of this key, made if there is none. `agentSessionId` counts only for a new one. */
  ensure(key: SessionKey, agentSessionId: string | undefined): Session;
  all(): readonly Session[];
  /** Makes the agent's id lead to the session from now on. */
  bind(session: Session, agentSessionId: string, epoch: string): void;
  /** A conversation of the agent's own helpers, whose requests belong to the same session. */
  adopt(session: Session, childId: string): void;
  of(agentSessionId: string): { readonly session: Session; readonly isChild: boolean } | undefined;
  /** It is no longer open. */
  unbind(session: Session): void;
  /** Forgets all ids of a life that is over. */
  unbindAll(): void;
}

/** Helpers of one session that are told apart; what further ones ask is refused. */
const MAX_HELPERS = 500;

export function createSessionTable(): SessionTable {
  const sessions = new Map<SessionKey, Session>();
  const byAgentId = new Map<string, { session: Session; isChild: boolean }>();
  return {
    get: (key) => sessions.get(key),
    ensure(key, agentSessionId) {
      const session = sessions.get(key) ?? newSession(key, agentSessionId);
      sessions.set(key, session);
      return session;
    },
    all: () => [...sessions.values()],
    bind(session, agentSessionId, epoch) {
      session.agentSessionId = agentSessionId;
      session.epoch = epoch;
      byAgentId.set(agentSessionId, { session, isChild: false });
    },
    adopt(session, childId) {
      if (byAgentId.has(childId) || session.helpers >= MAX_HELPERS) return;
      session.helpers += 1;
      byAgentId.set(childId, { session, isChild: true });
    },
    of: (agentSessionId) => byAgentId.get(agentSessionId),
    unbind(session) {
      session.epoch = undefined;
      session.helpers = 0;
      for (const [agentId, bound] of byAgentId) if (bound.session === session) byAgentId.delete(agentId);
    },
    unbindAll() {
      byAgentId.clear();
      for (const session of sessions.values()) Object.assign(session, { epoch: undefined, helpers: 0 });
    },
  };
}

function newSession(key: SessionKey, agentSessionId: string | undefined): Session {
  const options = createOptions();
  return {
    key,
    translation: createTranslation(options),
    options,
    wishes: {},
    told: {},
    asideChars: 0,
    helpers: 0,
    usedAt: 0,
    closing: undefined,
    agentSessionId,
    epoch: undefined,
    opening: undefined,
    turn: undefined,
    isToldOfCrash: false,
  };
}
