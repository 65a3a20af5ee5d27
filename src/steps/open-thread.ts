/**
 * What begins or brings a conversation in a chat gets a thread of its own. The platform opens it before anything is written, and
 * the same one again when asked twice, so a crash in between leaves nothing behind. Nothing else in the chat waits for it, nor does the
 * platform for its acknowledgement: the message is in the journal. Failure exit: where no thread can be opened the conversation goes on in
 * the chat itself.
 */
import type { Accounts } from "../accounts/accounts.ts";
import { type Clock, within } from "../clock.ts";
import type { Connector } from "../contract/connector.ts";
import { HubError } from "../contract/errors.ts";
import type { Ack } from "../contract/message.ts";
import type { Row } from "../contract/tables.ts";
import type { Governor } from "../delivery/governor.ts";
import { untilStored } from "../store/until-stored.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Opened, Route, Routed } from "./route.ts";

export interface OpenThreadParts {
  readonly clock: Clock;
  readonly connectorOf: (account: string) => Connector | undefined;
  readonly accounts: Pick<Accounts, "whenUp">;
  readonly governor: Pick<Governor, "waitMs" | "spend">;
  readonly route: Route;
  readonly dispatch: Pick<Dispatch, "fromPerson">;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void; error(facts: Record<string, unknown>, text: string): void };
}

/** Takes what ROUTE said needs a thread; the acknowledgement does not wait for it. */
export type OpenThread = (routed: Routed) => Promise<Ack>;

const ANSWER_MS = 15_000;
const MOST_TRIES = 3;
const FIRST_RETRY_MS = 1000;

export function createOpenThread(parts: OpenThreadParts): OpenThread {
  const { clock, connectorOf, accounts, governor, route, dispatch, log } = parts;
  /** Rows whose thread is being opened; the platform may deliver them again meanwhile. */
  const opening = new Set<string>();

  return async function openThread(routed) {
    const { row } = routed;
    if (!opening.has(row.id)) {
      opening.add(row.id);
      void goOn(routed)
        .catch((thrown: unknown) => log.error({ trace: row.trace, err: thrown }, "a message could not be routed; it stays in the journal"))
        .finally(() => opening.delete(row.id));
    }
    return { type: "accepted", trace: row.trace };
  };

  async function goOn({ row, person, needsThread: title = "" }: Routed): Promise<void> {
    if (!(await accounts.whenUp(row.account))) return;
    const opened = await open(row, title);
    await dispatch.fromPerson(await untilStored(() => route(row, person, opened), { clock, log }));
  }

  async function open(row: Row<"inbox">, title: string): Promise<Opened> {
    const { address, event, trace } = row;
    for (let tries = 1; ; tries += 1) {
      await pause(governor.waitMs(address, "send"));
      const answered = governor.spend(address, "send");
      try {
        const asked = connectorOf(row.account)?.can?.openThread?.({ chatId: address.chat }, event?.eventId ?? "", title);
        const opened = asked && (await within(clock, ANSWER_MS, asked));
        if (opened) return opened;
        throw new Error("the platform did not answer");
      } catch (thrown) {
        log.warn({ trace, account: row.account, err: thrown }, "no thread could be opened");
        if (tries === MOST_TRIES || (thrown instanceof HubError && thrown.verdict === "drop")) return "refused";
      } finally {
        answered();
      }
      await pause(FIRST_RETRY_MS * 4 ** (tries - 1));
    }
  }

  async function pause(ms: number): Promise<void> {
    if (ms > 0) await new Promise<void>((resolve) => clock.setTimer(ms, resolve));
  }
}
