/** The real store, with a place to die before or after each kind of change. */
import type { Store, UnitOfWork, Write } from "../../src/contract/store.ts";
import { openStore } from "../../src/store/open.ts";
import { pass } from "./pass.ts";
import type { PointName } from "./points.ts";

/** Where the hub is in its life; what is passed then is a place of its own. */
export interface Stage {
  at: "take-up" | "running" | "drain";
}

type Places = readonly (readonly [PointName, (write: Write) => boolean])[];

const BEFORE: Places = [
  ["before journal", (write) => write.op === "insert" && write.table === "inbox"],
  ["before the end of a turn", isTurnEnd],
  ["before a decision", isDecision],
  ["before a card edit", isCardEdit],
  ["before a cursor", isCursor],
  ["between send and receipt", isReceipt],
];

const AFTER: Places = [
  ["after journal", (write) => write.op === "insert" && write.table === "inbox"],
  ["after route", (write) => write.op === "update" && write.table === "inbox" && write.set.status === "routed"],
  ["after dispatch", (write) => write.op === "insert" && write.table === "turns"],
  ["turn intent written", (write) => write.op === "update" && write.table === "turns" && write.set.state === "prompting"],
  ["after the end of a turn", isTurnEnd],
  ["after a decision", isDecision],
  ["after a card edit", isCardEdit],
  ["after a cursor", isCursor],
  ["between intent and send", (write) => write.op === "update" && write.table === "outbox" && write.set.state === "sending"],
  ["after a receipt", isReceipt],
];

export function openMortalStore(stage: Stage): typeof openStore {
  return async (options) => {
    const store: Store = await openStore(options);
    return {
      ...store,
      async commit(unit) {
        passEach(BEFORE, unit);
        if (stage.at === "drain") pass("in drain");
        const result = await store.commit(unit);
        if (stage.at === "take-up") pass("in take-up");
        if (result.ok) passEach(AFTER, unit);
        return result;
      },
    };
  };
}

function passEach(places: Places, { writes }: UnitOfWork): void {
  for (const [point, fits] of places) if (writes.some(fits)) pass(point);
}

function isTurnEnd(write: Write): boolean {
  return write.op === "update" && write.table === "turns" && write.set.state === "done";
}

function isDecision(write: Write): boolean {
  return write.op === "update" && write.table === "approvals" && write.set.decidedBy !== undefined;
}

function isCardEdit(write: Write): boolean {
  return (
    write.op === "insert" && write.table === "outbox" && write.fields.op.type === "send" && write.fields.op.editsOutboxId !== undefined
  );
}

function isCursor(write: Write): boolean {
  return write.op === "put" && write.table === "kv" && write.id.includes("cursor");
}

function isReceipt(write: Write): boolean {
  return write.op === "update" && write.table === "outbox" && write.set.state === "sent";
}
