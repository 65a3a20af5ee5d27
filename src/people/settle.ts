/** At every start the people table follows the configuration; the local operator gets a PIN to decide with where somebody is looking. */
import { randomInt } from "node:crypto";
import type { Config } from "../config.ts";
import type { Journal } from "../store/journal.ts";
import { configPeople, LOCAL_PERSON_ID, localPerson, planPeople } from "./directory.ts";
import { isGoodPin, pinHashFor } from "./pin.ts";
import { setPin } from "./prove.ts";

export interface SettleParts {
  readonly journal: Journal;
  readonly config: Config;
}

export async function settlePeople({ journal, config }: SettleParts): Promise<void> {
  const stored = (await journal.store.get("people", LOCAL_PERSON_ID))?.pinHash;
  const pinHash = config.pin === undefined ? undefined : await pinHashFor(config.pin, stored);
  const local = localPerson({ userName: config.userName, accounts: localAccounts(config), pinHash });
  await journal.settle({ actorId: "hub", scope: "hub" }, async () => ({
    writes: planPeople(await journal.store.find("people"), [...configPeople({ ...config, localAccounts: localAccounts(config) }), local]),
  }));
}

/** A first PIN for the local operator, to be shown once; undefined when there is one already. */
export async function drawFirstPin(journal: Journal, now: number): Promise<string | undefined> {
  if ((await journal.store.get("people", LOCAL_PERSON_ID))?.pinHash) return undefined;
  const pin = newPin();
  await setPin({ journal, now }, pin, undefined);
  return pin;
}

/** The accounts whose connectors are faces of the hub on this machine. */
export function localAccounts({ accounts }: Config): string[] {
  return accounts.filter(({ isLocal }) => isLocal).map(({ account }) => account);
}

function newPin(): string {
  const pin = String(randomInt(1_000_000)).padStart(6, "0");
  return isGoodPin(pin) ? pin : newPin();
}
