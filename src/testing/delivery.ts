/**
 * The hub's own DELIVER step over one connector, with a journal on a real disk: what the kit sends goes the way everything the hub sends goes.
 * It can die between the platform's answer and the receipt, and go on with another connector as the next start does.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foregroundClock as clock } from "../clock.ts";
import type { Connector } from "../contract/connector.ts";
import { say } from "../contract/handler.ts";
import type { Row } from "../contract/tables.ts";
import { createGovernor } from "../delivery/governor.ts";
import { createDeliver, type Deliver } from "../steps/deliver.ts";
import { createJournal } from "../store/journal.ts";
import { createSqliteStore } from "../store/sqlite.ts";
import { claim, claimSoon } from "./claims.ts";

export interface Delivery {
  /** Queues a reply and resolves when its row has left the queue for good. */
  deliver(text: string): Promise<Row<"outbox">>;
  /** Queues a reply; the process dies when the platform has answered, before the receipt is written. */
  dieAfterSending(text: string): Promise<void>;
  /** The next life, on this connector, from what is in the journal. Resolves when nothing waits any more. */
  goOn(connector: Connector): Promise<void>;
  end(): Promise<void>;
}

/** Longer than every wait of the hub that a case provokes. */
const LONGEST_MS = 20_000;
const LEASE_MS = 3_600_000;
const BY_KIT = { actorId: "kit", scope: "account/kit" };

export async function createDelivery(first: Connector): Promise<Delivery> {
  const dir = mkdtempSync(join(tmpdir(), "mos-hub-kit-"));
  const store = await createSqliteStore({ file: join(dir, "hub.db") });
  const fence = await store.acquireLease("hub", "kit", LEASE_MS, clock.now());
  claim(fence !== undefined, "the kit's own journal could not be opened");
  const journal = createJournal({ store, clock, tenantId: "kit", host: "kit", fenceOf: () => fence });
  const address = { account: "kit", chat: first.homeChat ?? "" };
  let life = begin(first);
  let isDead = false;

  function begin(connector: Connector): { readonly deliver: Deliver; readonly leave: () => void } {
    const silent = (): void => {};
    const deliver = createDeliver({
      journal,
      clock,
      governor: createGovernor(clock, () => connector.limits),
      connectorOf: () => connector,
      connectors: { has: () => true },
      redact: (text) => text,
      keepFile: () => Promise.reject(new Error("the kit has no folder of files")),
      log: { warn: silent, error: silent },
    });
    return { deliver, leave: journal.onChange((changed) => void (changed.has("outbox") && deliver.wake())) };
  }

  async function queue(text: string): Promise<string> {
    const { id, write } = say({ address, trace: "trc_kit", text, urgency: "reply" });
    await journal.commit({ ...BY_KIT, writes: [write] });
    return id;
  }

  async function nothingWaits(): Promise<boolean> {
    return (await store.count("outbox", { state: { in: ["queued", "sending", "unknown"] } })) === 0;
  }

  return {
    async deliver(text) {
      const id = await queue(text);
      await claimSoon(LONGEST_MS, nothingWaits, "a message was neither delivered nor given up");
      const row = await store.get("outbox", id);
      claim(row !== undefined, "a message is gone from the journal");
      return row;
    },
    async dieAfterSending(text) {
      life.leave();
      let sent = false;
      life = begin({
        ...first,
        send: async (message) => {
          await first.send(message);
          sent = true;
          return new Promise(() => {});
        },
      });
      await queue(text);
      await claimSoon(LONGEST_MS, () => sent, "`send` did not resolve");
      life.leave();
      isDead = true;
    },
    async goOn(connector) {
      isDead = false;
      life = begin(connector);
      await life.deliver.resume();
      life.deliver.wake();
      await claimSoon(LONGEST_MS, nothingWaits, "a message of the former life was neither delivered nor given up");
    },
    async end() {
      life.leave();
      // What the dead one had under way never ends.
      if (!isDead) await life.deliver.drain();
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
