/** The conversations that share one agent's pane: each has a name of its own in preambles, and at most one turn. */
import { conversationName, type SessionKey } from "../../contract/ids.ts";
import type { OpenedSession } from "../../contract/orchestrator.ts";

export interface RunningTurn {
  readonly id: string;
  /** Something of it may have reached the agent. */
  isWritten: boolean;
  /** The hub was told that the agent has it, so it hears how it ends. */
  isKept: boolean;
  isCancelled: boolean;
  /** Epoch ms since when the agent is waited for. */
  waitsSince: number;
  /** A reply without an end mark, and since when it looks like this. */
  printed: { readonly text: string; readonly since: number } | undefined;
}

export interface Session {
  readonly key: SessionKey;
  /** See {@link conversationName}. */
  readonly name: string;
  /** The name and the life of the agent that knows the conversation. */
  agentSessionId: string | undefined;
  /** The life of the agent it is open on. */
  life: string | undefined;
  /** The agent was told how to reply. */
  isIntroduced: boolean;
  turn: RunningTurn | undefined;
  /** The people of this session were told of a crash and not yet that it is over. */
  isToldOfCrash: boolean;
}

export function newSession(key: SessionKey, agentSessionId: string | undefined): Session {
  return { key, name: conversationName(key), agentSessionId, life: undefined, isIntroduced: false, turn: undefined, isToldOfCrash: false };
}

export function newTurn(id: string): RunningTurn {
  return { id, isWritten: false, isKept: false, isCancelled: false, waitsSince: Infinity, printed: undefined };
}

/** An agent that was started again knows nothing of what was said before. */
export function openOn(session: Session, life: string): OpenedSession {
  const agentSessionId = `${session.name}@${life}`;
  const before = session.agentSessionId;
  if (session.life !== life) session.isIntroduced = false;
  session.life = life;
  session.agentSessionId = agentSessionId;
  return { agentSessionId, how: before === undefined ? "new" : before === agentSessionId ? "resumed" : "lost_and_new" };
}
