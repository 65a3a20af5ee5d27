/**
 * What follows a commit and is no row: an answer to a waiting agent, a cancel. May be lost with the process and may be asked twice:
 * the record says who has not been told, and the next start tells them.
 */
import type { UrlAnswer } from "./contract/deploys.ts";
import type { Effect, UrlChecked } from "./contract/handler.ts";
import type { Answer, AskHandle, OrchestratorDriver, QuestionAsk } from "./contract/orchestrator.ts";
import { update, type Write } from "./contract/store.ts";
import type { Row } from "./contract/tables.ts";
import { answerEffect, DECIDED, toldWork } from "./approvals/record.ts";
import type { Clock } from "./clock.ts";
import { DEPLOY_EPOCH } from "./deploys/wishes.ts";
import type { Journal } from "./store/journal.ts";
import { createSerial } from "./serial.ts";
import type { Deliver } from "./steps/deliver.ts";
import { tellAgent } from "./turns/tell-agent.ts";

/** Where a platform lets bots choose from a list only, this one is in it. */
const SEEN_EMOJI = "👀";
/** A reaction that later than this says "seen" says nothing. */
const SEEN_LATE_MS = 10_000;
const SEEN_TRIES = 5;

type Of<T extends Effect["type"]> = Extract<Effect, { type: T }>;

export interface EffectsParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly drivers: ReadonlyMap<string, OrchestratorDriver>;
  /** The id of the turn a session works on. */
  readonly current: (session: string) => string | undefined;
  readonly aside: Deliver["aside"];
  /** Looks whether an address answers, and tells the hub. */
  readonly look: (url: string) => Promise<UrlAnswer>;
  readonly looked: (checked: UrlChecked) => Promise<void>;
  readonly log: { error(facts: Record<string, unknown>, text: string): void };
}

export interface Effects {
  perform(effect: Effect): Promise<void>;
  /** Tells everybody a former life of the hub decided about and did not come to tell. One that cannot be told keeps no other waiting. */
  resume(): Promise<void>;
}

/** Asks that came through the hub's MCP server: the asker polls, so nobody has to be called. `requestId` then is the turn it asked in. */
export const MCP_EPOCH = "mcp";

export function createEffects({ journal, clock, drivers, current, aside, look, looked, log }: EffectsParts): Effects {
  const telling = createSerial();

  async function perform(effect: Effect): Promise<void> {
    if (effect.type === "seen") return seen(effect, SEEN_TRIES);
    if (effect.type === "cancel") return cancel(effect);
    if (effect.type === "check_url") return void checkUrl(effect);
    // One telling at a time: the end of the turn may ask for it while it is under way.
    await telling.run(effect.approvalId, () => tell(effect));
  }

  async function tell({ orchestrator, answer, approvalId }: Of<"answer">): Promise<void> {
    if (answer.handle.epoch === DEPLOY_EPOCH) return told(approvalId, answer.handle);
    const driver = drivers.get(orchestrator);
    if (!driver) return tellNobody(approvalId, orchestrator);
    if (await isPolling(answer.handle)) return;
    if (answer.handle.epoch !== MCP_EPOCH && (await driver.answer(answer))) return told(approvalId, answer.handle);
    await tellLate(approvalId, answer);
  }

  /** It will never ask again, so the record waits for nobody. */
  async function tellNobody(approvalId: string, orchestrator: string): Promise<void> {
    log.error({ approval: approvalId, orchestrator }, "a decision is told to nobody: the orchestrator that asked is gone");
    await change(approvalId, (row) => [update("approvals", row, { waiting: [] })]);
  }

  /** Lost with the process, it is due again by its row. */
  async function checkUrl({ deployId, url }: Of<"check_url">): Promise<void> {
    try {
      await looked({ deployId, url, answer: await look(url) });
    } catch (thrown) {
      log.error({ deploy: deployId, err: thrown }, "the address of a deploy could not be looked at; it is tried again");
    }
  }

  async function cancel({ orchestrator, session, turnId }: Of<"cancel">): Promise<void> {
    if (turnId === undefined || current(session) === turnId) await drivers.get(orchestrator)?.cancel(session);
  }

  /** Not worth a row: what people are owed is the answer. */
  function seen(effect: Of<"seen">, tries: number): void {
    const { address, messageId } = effect;
    const place = { chatId: address.chat, threadId: address.thread };
    const wait = aside({
      address,
      kind: "reaction",
      make: ({ can }) => can?.react?.(place, { messageId }, can.seenEmoji ?? SEEN_EMOJI),
    });
    if (wait > 0 && wait < SEEN_LATE_MS && tries > 1) clock.setTimer(wait, () => seen(effect, tries - 1));
  }

  async function isPolling({ requestId, epoch }: AskHandle): Promise<boolean> {
    return epoch === MCP_EPOCH && (await isLiveTurn(requestId));
  }

  async function isLiveTurn(turnId: string | null): Promise<boolean> {
    const turn = turnId === null ? undefined : await journal.store.get("turns", turnId);
    return turn !== undefined && ["queued", "prompting", "running"].includes(turn.state);
  }

  async function told(approvalId: string, handle: AskHandle): Promise<void> {
    await change(approvalId, (row) => {
      const waiting = row.waiting.filter((other) => other.requestId !== handle.requestId || other.epoch !== handle.epoch);
      return waiting.length > 0 ? [update("approvals", row, { waiting })] : toldWork({ ...row, waiting }, clock.now());
    });
  }

  /** The asker has died. A turn that will be delivered again asks again and finds the decision; else the agent hears of it in a turn of its own. */
  async function tellLate(approvalId: string, answer: Answer): Promise<void> {
    const asked = await journal.store.get("approvals", approvalId);
    const session = asked?.sessionKey ? await journal.store.get("sessions", asked.sessionKey) : undefined;
    if (!asked || !session || (await isLiveTurn(asked.turnId))) return;
    await change(approvalId, (row) =>
      row.waiting.length === 0
        ? []
        : [...toldWork(row, clock.now()), tellAgent(session, { text: lateWords(row, answer), trace: row.trace })],
    );
  }

  async function change(approvalId: string, writes: (row: Row<"approvals">) => Write[]): Promise<void> {
    await journal.settle({ actorId: "hub", scope: "hub" }, async () => {
      const row = await journal.store.get("approvals", approvalId);
      return { writes: row ? writes(row) : [] };
    });
  }

  async function resume(): Promise<void> {
    const decided = await journal.store.find("approvals", { where: { state: { in: DECIDED } }, newestFirst: true, limit: Infinity });
    for (const row of decided)
      for (const handle of row.waiting)
        await perform(answerEffect(row.id, row, handle)).catch((thrown: unknown) =>
          log.error(
            { trace: row.trace, approval: row.id, err: thrown },
            "nobody could be told of a decision; it is tried again at the next start",
          ),
        );
  }

  return { perform, resume };
}

function lateWords(row: Row<"approvals">, answer: Answer): string {
  if (answer.type === "question")
    return `[mos-hub] Your question "${(row.ask as QuestionAsk).text}" was answered: ${JSON.stringify(answer.values ?? null)}`;
  const title = "title" in row.ask ? row.ask.title : row.code;
  const why = answer.reason ? ` Reason: ${answer.reason}` : "";
  return `[mos-hub] Your request ${row.code} "${title}" was ${answer.approved ? "approved" : "denied"} after you had stopped.${why}`;
}
