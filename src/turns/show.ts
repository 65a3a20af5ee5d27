/**
 * The block a turn is writing, as people see it grow: streamed where the platform can, else one message that is changed in place. That
 * message, the draft, is a row and known to its turn, so that after a crash it is completed or marked; its changes in between may be lost.
 * Invariant: when `complete` has resolved, nothing older than the final text will be shown.
 */
import type { Clock } from "../clock.ts";
import type { Connector } from "../contract/connector.ts";
import { say } from "../contract/handler.ts";
import { newId } from "../contract/ids.ts";
import { update } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { partsOf } from "../delivery/parts.ts";
import { lengthIn } from "../delivery/split.ts";
import type { Deliver } from "../steps/deliver.ts";
import type { Journal } from "../store/journal.ts";

export interface ShowParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly connectorOf: (account: string) => Connector | undefined;
  readonly aside: Deliver["aside"];
  /** Of a text that is still being written what can be shown. */
  readonly shown: (text: string) => string;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void };
}

export interface Show {
  /** All of the block so far. `goOn` is told when it no longer fits one message. Never throws. */
  grow(turnId: string, text: string, goOn: (fits: (head: string) => boolean) => void): void;
  /** The block is complete. Resolves when its draft, if there is one, is known to the turn. */
  complete(turnId: string): Promise<void>;
  /** Words of this turn can be seen growing. */
  isShowing(turnId: string): boolean;
}

/** An answer that is complete by then is one message from the start. */
const FIRST_AFTER_MS = 1500;
/** A draft changes at most this often: a person cannot read faster, and platforms count every change. */
const CHANGE_EVERY_MS = 1200;
const MORE = "\n…";

interface Block {
  readonly turnId: string;
  readonly goOn: (fits: (head: string) => boolean) => void;
  text: string;
  /** Epoch ms before which nothing is shown. */
  dueAt: number;
  seen: string;
  draft: string | undefined;
  changes: number;
  step: Promise<void> | undefined;
  cancel: (() => void) | undefined;
  isOver: boolean;
}

export function createShow(parts: ShowParts): Show {
  const { journal, clock, connectorOf, aside, shown, log } = parts;
  const blocks = new Map<string, Block>();

  function grow(turnId: string, text: string, goOn: Block["goOn"]): void {
    const begun = { turnId, goOn, text, dueAt: clock.now() + FIRST_AFTER_MS, seen: "", draft: undefined };
    const block = blocks.get(turnId) ?? { ...begun, changes: 0, step: undefined, cancel: undefined, isOver: false };
    blocks.set(turnId, block);
    block.text = text;
    advance(block);
  }

  /** One step at a time, and none before its time; what has grown meanwhile is shown by the next. */
  function advance(block: Block): void {
    if (block.isOver || block.step || block.cancel) return;
    const { text } = block;
    block.step = step(block)
      .catch((thrown: unknown) => failed(block, thrown))
      .finally(() => {
        block.step = undefined;
        if (block.text !== text) advance(block);
      });
  }

  async function step(block: Block): Promise<void> {
    const turn = await journal.store.get("turns", block.turnId);
    const connector = turn && connectorOf(turn.address.account);
    const words = shown(block.text).trim();
    if (!turn || !connector || block.isOver || words === "") return;
    const place = { chatId: turn.address.chat, threadId: turn.address.thread };
    // Not waited for: a platform that is slow to show keeps no turn waiting.
    if (connector.can?.stream) connector.can.stream(place, turn.trace, words).catch((thrown: unknown) => failed(block, thrown));
    else if (connector.can?.edit && connector.limits?.growsByEdits !== false) await showDraft(block, turn, { connector, words });
  }

  async function showDraft(block: Block, turn: Row<"turns">, { connector, words }: Growing): Promise<void> {
    const early = block.dueAt - clock.now();
    if (early > 0) return later(block, early);
    const { texts } = await partsOf(words, connector, MORE);
    const [first = ""] = texts;
    const text = texts.length > 1 ? first + MORE : first;
    if (block.isOver) return;
    if (block.draft === undefined) await begin(block, turn, text);
    else if (text !== block.seen) await change(block, turn, text);
    if (texts.length > 1) block.goOn((head) => fitsOne(head, connector));
  }

  async function begin(block: Block, turn: Row<"turns">, text: string): Promise<void> {
    const id = newId("out");
    await journal.settle({ actorId: turn.orchestrator, scope: `session/${turn.sessionKey}` }, async () => {
      const fresh = await journal.store.get("turns", turn.id);
      if ((fresh?.state !== "running" && fresh?.state !== "prompting") || fresh.draft !== undefined) return { writes: [] };
      const { write } = say({ id, address: fresh.address, trace: fresh.trace, text, urgency: "progress" });
      return { writes: [write, update("turns", fresh, { draft: id })] };
    });
    Object.assign(block, { draft: id, seen: text, dueAt: clock.now() + CHANGE_EVERY_MS });
  }

  async function change(block: Block, turn: Row<"turns">, text: string): Promise<void> {
    const receipt = (await journal.store.get("outbox", block.draft ?? ""))?.receipts[0];
    if (block.isOver) return;
    if (!receipt) return later(block, CHANGE_EVERY_MS);
    const { address, trace } = turn;
    const idempotencyKey = `${block.draft}.${(block.changes += 1)}~`;
    const message = { text, chatId: address.chat, threadId: address.thread, trace, edits: receipt, idempotencyKey };
    const wait = aside({ address, kind: "edit", inOrder: true, make: (connector) => connector.send(message) });
    if (wait > 0) return later(block, wait);
    Object.assign(block, { seen: text, dueAt: clock.now() + CHANGE_EVERY_MS });
  }

  function failed({ turnId }: Block, thrown: unknown): void {
    log.warn({ turn: turnId, err: thrown }, "a growing text could not be shown");
  }

  function later(block: Block, ms: number): void {
    block.cancel?.();
    block.cancel = clock.setTimer(ms, () => {
      block.cancel = undefined;
      advance(block);
    });
  }

  async function complete(turnId: string): Promise<void> {
    const block = blocks.get(turnId);
    if (!block) return;
    blocks.delete(turnId);
    block.isOver = true;
    block.cancel?.();
    await block.step;
  }

  return { grow, complete, isShowing: (turnId) => blocks.get(turnId)?.draft !== undefined };
}

interface Growing {
  readonly connector: Connector;
  readonly words: string;
}

function fitsOne(text: string, { limits, measure }: Connector): boolean {
  if (!limits) return true;
  // A text that is far too long is not measured at all.
  return text.length <= 4 * limits.text.max && (measure?.(text) ?? lengthIn(limits.text.unit, text)) <= limits.text.max;
}
