/** The DELIVER step alone: rows in, calls of a platform out; the process may die in between. */
import type { Connector } from "../../src/contract/connector.ts";
import { say, type Saying } from "../../src/contract/handler.ts";
import type { Write } from "../../src/contract/store.ts";
import type { Row } from "../../src/contract/tables.ts";
import { createGovernor } from "../../src/delivery/governor.ts";
import { createDeliver, type Deliver } from "../../src/steps/deliver.ts";
import { createHandClock, type HandClock } from "./hand-clock.ts";
import { keepLog } from "./hub-bench.ts";
import { createKeptFiles, type KeptFiles } from "./kept-files.ts";
import { createJournalFile, type MortalJournal } from "./mortal-journal.ts";

export interface DeliveryBench {
  readonly clock: HandClock;
  readonly logged: string[];
  /** What the hub kept as files. */
  readonly kept: KeptFiles["kept"];
  life(): MortalJournal & { readonly deliver: Deliver };
  /** Queues texts in one unit, in order; `thread` is part of the row's lane. */
  queue(
    ...texts: (string | (Partial<Saying> & { readonly text: string; readonly thread?: string; readonly account?: string }))[]
  ): Promise<void>;
  write(...writes: Write[]): Promise<void>;
  /** The row that says `text`. */
  row(text: string): Promise<Row<"outbox">>;
  /** The process dies, if it has not, and the next one takes over. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export async function createDeliveryBench(connectors: Readonly<Record<string, Connector>>): Promise<DeliveryBench> {
  const clock = createHandClock();
  const file = createJournalFile();
  const logged: string[] = [];
  const files = createKeptFiles();
  let current: (MortalJournal & { readonly deliver: Deliver }) | undefined;

  async function begin(): Promise<void> {
    const mortal = await file.open(clock);
    const connectorOf = (account: string): Connector | undefined => connectors[account];
    const deliver = createDeliver({
      journal: mortal.journal,
      clock,
      governor: createGovernor(clock, (account) => connectorOf(account)?.limits),
      connectorOf,
      connectors: { has: () => true },
      redact: (text) => text.replaceAll("hunter2", "[redacted]"),
      keepFile: files.keep,
      log: keepLog(logged),
    });
    current = Object.assign(mortal, { deliver });
    await deliver.resume();
    mortal.journal.onChange((tables) => void (tables.has("outbox") && deliver.wake()));
    deliver.wake();
    await clock.settled();
  }

  const life = (): MortalJournal & { readonly deliver: Deliver } => {
    if (!current) throw new Error("not begun");
    return current;
  };
  const write = async (...writes: Write[]): Promise<void> => {
    await life().journal.commit({ actorId: "test", scope: "hub", writes });
    await clock.settled();
  };

  await begin();
  return {
    clock,
    logged,
    kept: files.kept,
    life,
    write,
    queue: (...texts) => write(...texts.map((each) => saying(typeof each === "string" ? { text: each } : each))),
    async row(text) {
      const rows = await life().journal.store.find("outbox");
      const found = rows.find(({ op }) => op.type === "send" && op.message.text.includes(text));
      if (!found) throw new Error(`no row says ${text}`);
      return found;
    },
    async restart() {
      life().die();
      await begin();
    },
    dispose: file.dispose,
  };
}

function saying({
  thread = "t1",
  account = "chat",
  ...more
}: Partial<Saying> & { text: string; thread?: string; account?: string }): Write {
  return say({ address: { account, chat: "home", thread }, trace: "trc_1", urgency: "reply", ...more }).write;
}
