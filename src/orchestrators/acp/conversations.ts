/**
 * The conversations open on the agent: opened, reopened after a crash, told what people chose, and closed when nobody uses them.
 * Invariant: at most `mostOpen` are open at once on an agent that can close one and find it again, and none with work under way is closed.
 */
import { methods, RequestError } from "@agentclientprotocol/sdk/unstable";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { HubError, sentenceOf } from "../../contract/errors.ts";
import type { DriverContext, OpenedSession, OrchestratorEvent } from "../../contract/orchestrator.ts";
import type { Life } from "./life.ts";
import type { Lives } from "./lives.ts";
import { mcpServersFor } from "./mcp-servers.ts";
import { canReopen, openConversation } from "./opening.ts";
import type { Session, SessionTable } from "./session-table.ts";
import { chosenAnswer } from "./wire.ts";

export interface ConversationsSetup {
  readonly context: Pick<DriverContext, "alias" | "log" | "mcp">;
  readonly clock: Clock;
  readonly sessions: SessionTable;
  readonly lives: Pick<Lives, "now" | "rest">;
  readonly cwd: () => Promise<string>;
  readonly mostOpen: number;
  readonly idleAfterMs: number;
  readonly isAsking: (session: Session) => boolean;
  readonly emit: (session: Session, event: OrchestratorEvent) => void;
}

export interface Conversations {
  /**
   * Open on this life afterwards, with people's wishes passed on. `isOwnIdea`: the hub has not asked for it, so it hears of the result as
   * events. Rejects with a HubError.
   */
  openOn(life: Life, session: Session, isOwnIdea: boolean): Promise<OpenedSession>;
}

export function createConversations(setup: ConversationsSetup): Conversations {
  const { context, clock, sessions, lives, emit } = setup;
  const { alias, log } = context;
  /** Being opened, with a place of their own. */
  const entering = new Set<Session>();
  let isWatched = false;

  async function openOn(life: Life, session: Session, isOwnIdea: boolean): Promise<OpenedSession> {
    session.usedAt = clock.now();
    watch();
    if (session.epoch === life.epoch) {
      await passOn(life, session);
      return { agentSessionId: session.agentSessionId, how: "resumed" };
    }
    session.opening ??= openAnew(life, session, isOwnIdea).finally(() => {
      entering.delete(session);
      session.opening = undefined;
    });
    return session.opening;
  }

  async function openAnew(life: Life, session: Session, isOwnIdea: boolean): Promise<OpenedSession> {
    await session.closing;
    await makeRoom(life, session);
    const opened = await openConversation(life, {
      alias,
      agentSessionId: session.agentSessionId,
      cwd: await setup.cwd(),
      mcpServers: mcpServersFor(life.agent, context.mcp(session.key)),
    });
    if (lives.now() !== life) throw await life.ended;
    sessions.bind(session, opened.agentSessionId, life.epoch);
    entering.delete(session);
    session.options.learn(opened);
    session.told = {};
    await passOn(life, session);
    if (isOwnIdea) tellReopened(session, opened);
    session.isToldOfCrash = false;
    return { agentSessionId: opened.agentSessionId, how: opened.how };
  }

  function tellReopened(session: Session, { how, agentSessionId }: OpenedSession): void {
    if (session.isToldOfCrash) emit(session, { type: "lifecycle", phase: "restarted", detail: `${alias} is running again.` });
    if (how === "lost_and_new") {
      emit(session, { type: "lifecycle", phase: "session_lost", detail: sentenceOf("agent_session_lost", { alias }), agentSessionId });
    } else if (how === "new") {
      emit(session, { type: "lifecycle", phase: "session_new", agentSessionId });
    } else if (session.isToldOfCrash) {
      emit(session, { type: "lifecycle", phase: "session_resumed", agentSessionId });
    }
  }

  // Wishes

  async function passOn(life: Life, session: Session): Promise<void> {
    for (const [name, value] of Object.entries(session.wishes)) {
      if (session.told[name] === value) continue;
      const choosing = session.options.choosing(name, value);
      try {
        const answer =
          choosing && (await life.request(choosing.method, { sessionId: session.agentSessionId, ...choosing.params }, chosenAnswer));
        if (choosing) session.options.chosen(name, value);
        session.options.learn(answer ?? {});
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        const text = `${alias} did not take ${name} \`${value}\`: ${error.message.slice(0, 300)}`;
        emit(session, { type: "notice", level: "warning", text });
      }
      session.told[name] = value;
    }
  }

  // Room

  const isBusy = (session: Session): boolean => session.turn !== undefined || session.opening !== undefined || setup.isAsking(session);
  const openOf = (life: Life): Session[] => sessions.all().filter(({ epoch }) => epoch === life.epoch);
  const canClose = ({ agent }: Life): boolean => canReopen(agent) && Boolean(agent.agentCapabilities?.sessionCapabilities?.close);

  async function makeRoom(life: Life, session: Session): Promise<void> {
    if (!canClose(life)) return;
    const surplus = openOf(life).length + entering.size + 1 - setup.mostOpen;
    const idle = openOf(life)
      .filter((other) => !isBusy(other))
      .sort((one, other) => one.usedAt - other.usedAt);
    if (idle.length < surplus) throw new HubError("agent_crowded", { alias, most: setup.mostOpen });
    entering.add(session);
    await Promise.all(idle.slice(0, Math.max(0, surplus)).map((other) => close(life, other)));
  }

  async function close(life: Life, session: Session): Promise<void> {
    const { agentSessionId: sessionId } = session;
    sessions.unbind(session);
    session.closing = life
      .request(methods.agent.session.close, { sessionId }, z.unknown())
      .then(() => {})
      .catch((error: unknown) => log.warn({ session: session.key, error }, "an unused conversation could not be closed"))
      .finally(() => (session.closing = undefined));
    await session.closing;
  }

  /** One timer for all; none while nothing is open. */
  function watch(): void {
    if (isWatched) return;
    isWatched = true;
    clock.setTimer(setup.idleAfterMs, () => {
      isWatched = false;
      void tidy().catch((error: unknown) => log.warn({ error }, "unused conversations could not be closed"));
    });
  }

  async function tidy(): Promise<void> {
    const life = lives.now();
    if (!life || !canReopen(life.agent)) return;
    const isUnused = (session: Session): boolean => !isBusy(session) && clock.now() - session.usedAt >= setup.idleAfterMs;
    const open = openOf(life);
    if (canClose(life)) await Promise.all(open.filter(isUnused).map((session) => close(life, session)));
    const isNeeded = sessions.all().some((session) => isBusy(session)) || openOf(life).some((session) => !isUnused(session));
    if (isNeeded) return watch();
    log.info({}, "nobody has used the agent for a while; it is ended until it is needed");
    await lives.rest();
  }

  return { openOn };
}
