/**
 * Where the hub is to speak through an account beside its home chat: what the configuration names, and where conversations are open. For connectors
 * to look whether they may, before anything is to be said there. Knows chats as opaque ids.
 */
import type { Config } from "../config.ts";
import type { Place } from "../contract/connector.ts";
import type { StoreReader } from "../contract/store.ts";

/** Of the conversations the latest so many are looked at: each costs calls to the platform. */
const MOST_BOUND = 50;

type Naming = Pick<Config, "deploys" | "approvals" | "auditHeadTo" | "canary" | "orchestrators">;

interface Named {
  readonly account?: string | undefined;
  readonly chat?: string | undefined;
}

/** Every chat of the account that the configuration names, once. */
export function placesNamed({ deploys, approvals, auditHeadTo, canary, orchestrators }: Naming, account: string): Place[] {
  const named: readonly (Named | undefined)[] = [
    ...deploys.rules.routes.flatMap(({ chats }) => chats),
    ...approvals.policies.flatMap(({ demands }) => [...(demands.chats ?? []), ...(demands.escalation?.chats ?? [])]),
    ...orchestrators.flatMap(({ chats }) => chats),
    auditHeadTo,
    canary,
  ];
  return eachOnce(named.flatMap((at) => (at?.account === account && at.chat !== undefined ? [at.chat] : [])));
}

/** See `ConnectorContext.placesInUse`. */
export function createPlacesInUse(store: StoreReader, named: readonly Place[], account: string): () => Promise<readonly Place[]> {
  return async () => {
    const open = await store.find("sessions", { where: { status: "open" }, newestFirst: true, limit: MOST_BOUND });
    const bindings = await Promise.all(open.map(({ id }) => store.find("bindings", { where: { sessionKey: id } })));
    const bound = bindings.flat().flatMap(({ address }) => (address.account === account ? [address.chat] : []));
    return eachOnce([...named.map(({ chatId }) => chatId), ...bound]);
  };
}

/** Threads have the permissions of their chat. */
function eachOnce(chats: readonly string[]): Place[] {
  return [...new Set(chats)].map((chatId) => ({ chatId }));
}
