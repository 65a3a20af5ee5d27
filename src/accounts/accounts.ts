/**
 * The accounts of the hub, each connected on its own: one that cannot be keeps no other waiting, and health says why. What an account missed
 * is fetched once it is connected, and its people are told.
 */
import { within } from "../clock.ts";
import type { CaughtUp, Connector } from "../contract/connector.ts";
import { asHubError, HubError } from "../contract/errors.ts";
import type { Ack, ConnectorEvent, PersonEvent } from "../contract/message.ts";
import { awayWords, deafWords } from "./away-words.ts";
import { createGaps, type GapsParts } from "./gaps.ts";
import { createMoves } from "./moves.ts";

export interface AccountsParts extends GapsParts {
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void; error(facts: Record<string, unknown>, text: string): void };
}

export interface Accounts {
  /** Connects them all, side by side; resolves when each is connected or has failed, and does not wait longer than 10 s. `onUp`: one is. */
  start(receive: (account: string, event: PersonEvent) => Promise<Ack>, onUp: () => void): Promise<void>;
  isUp(account: string): boolean;
  /** Resolves once the account is connected; false when the hub stops first. */
  whenUp(account: string): Promise<boolean>;
  /** Why it could not be connected, for a person. Undefined: it was, or that is still being tried. */
  downBecause(account: string): string | undefined;
  /** A gap within this life that its connector has made up for. */
  caughtUp(account: string, gap: CaughtUp): void;
  /** Hears nobody any more. */
  stop(): Promise<void>;
}

const START_MS = 10_000;
const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 300_000;

interface Login {
  isUp: boolean;
  readonly whenUp: Promise<boolean>;
  readonly settle: (isUp: boolean) => void;
  down?: string | undefined;
}

export function createAccounts(parts: AccountsParts): Accounts {
  const { connectors, clock, log } = parts;
  const gaps = createGaps(parts);
  const follow = createMoves(parts);
  const logins = new Map([...connectors.keys()].map((account) => [account, newLogin()]));
  const unsubscribes: (() => void)[] = [];
  let stopped = false;

  async function connect([account, login]: readonly [string, Login], waitMs = FIRST_RETRY_MS): Promise<void> {
    const connector = connectors.get(account);
    try {
      await connector?.start?.();
    } catch (thrown) {
      if (stopped) return;
      const { message, remedy } = asHubError(thrown);
      log.error({ account, err: thrown }, "an account could not be connected; the others run");
      login.down = `${message} ${remedy}`;
      if (isWorthwhile(thrown)) later(waitMs, (longer) => connect([account, login], longer));
      return;
    }
    login.down = undefined;
    login.isUp = true;
    login.settle(true);
    if (connector) void makeUp(account, connector);
  }

  async function makeUp(account: string, connector: Connector, waitMs = FIRST_RETRY_MS): Promise<void> {
    const { catchUp, replays } = connector.can ?? {};
    try {
      const awayMs = await gaps.awayMs(account);
      const gap = await catchUp?.();
      const words = gap ? awayWords({ awayMs, ...gap }) : replays ? undefined : deafWords(awayMs ?? 0);
      const pressesLost = losesPresses(connector, Math.max(awayMs ?? 0, gap?.awayMs ?? 0));
      await gaps.end(account, { words, pressesLost });
    } catch (thrown) {
      log.warn({ account, err: thrown }, "what was missed could not be fetched; trying again");
      later(waitMs, (longer) => makeUp(account, connector, longer));
    }
  }

  function later(ms: number, work: (longerMs: number) => Promise<void>): void {
    clock.setTimer(ms, () => void (stopped || work(Math.min(LONGEST_RETRY_MS, ms * 2))));
  }

  return {
    async start(receive, onUp) {
      for (const { whenUp } of logins.values()) void whenUp.then(onUp);
      for (const [account, connector] of connectors) {
        unsubscribes.push(connector.subscribe((message) => receive(account, { ...message, type: "message" })));
        const take = (event: ConnectorEvent): Promise<Ack> => (event.type === "moved" ? follow(account, event) : receive(account, event));
        if (connector.onEvent) unsubscribes.push(connector.onEvent(take));
      }
      await within(clock, START_MS, Promise.all([...logins].map((login) => connect(login))));
    },
    isUp: (account) => logins.get(account)?.isUp === true,
    whenUp: (account) => logins.get(account)?.whenUp ?? Promise.resolve(false),
    downBecause: (account) => logins.get(account)?.down,
    caughtUp(account, gap) {
      const words = awayWords(gap);
      const pressesLost = losesPresses(connectors.get(account), gap.awayMs ?? 0);
      if (words !== undefined || pressesLost)
        void gaps
          .end(account, { words, pressesLost })
          .catch((thrown: unknown) => log.error({ account, err: thrown }, "a gap could not be told"));
    },
    async stop() {
      stopped = true;
      for (const unsubscribe of unsubscribes) unsubscribe();
      for (const login of logins.values()) login.settle(false);
      await gaps.stop();
    },
  };
}

function newLogin(): Login {
  let settle = (_isUp: boolean): void => {};
  const whenUp = new Promise<boolean>((resolve) => (settle = resolve));
  return { isUp: false, whenUp, settle };
}

/** Those of a shorter gap, as of a connection made anew, are left to who pressed: the platform has just told them that it failed. */
const PRESSES_LOST_MS = 10_000;

function losesPresses(connector: Connector | undefined, awayMs: number): boolean {
  return connector?.can?.losesPresses === true && awayMs >= PRESSES_LOST_MS;
}

/** Only what says of itself that waiting may mend it: a token that was refused is not tried again and again. */
function isWorthwhile(thrown: unknown): boolean {
  return thrown instanceof HubError && (thrown.verdict === "retry" || thrown.verdict === "retry_after");
}
