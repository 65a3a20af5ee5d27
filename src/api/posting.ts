/** What programs post into chats: where it goes, and that it goes there once. */
import { createHash } from "node:crypto";
import { HubError } from "../contract/errors.ts";
import type { Address } from "../contract/ids.ts";
import type { KnownCaller } from "./callers.ts";

export interface Target {
  readonly account?: string | undefined;
  readonly chat?: string | undefined;
  readonly thread?: string | undefined;
}

/** Default: the home chat of the first account. */
export function addressFor(
  { account: named, chat, thread }: Target,
  { connectors, homes }: { readonly connectors: ReadonlyMap<string, unknown>; readonly homes: readonly Address[] },
): Address {
  const account = named ?? [...connectors.keys()][0] ?? "";
  if (!connectors.has(account)) throw new HubError("not_found", { what: "account", id: account });
  const home = homes.find((address) => address.account === account);
  if (chat === undefined && !home) throw new HubError("bad_request", { problems: `chat: ${account} has no home chat, so name one` });
  return { account, workspace: home?.workspace, chat: chat ?? home?.chat ?? "", thread };
}

/** Two programs that draw the same key mean two things. */
export function idFrom(prefix: string, { id }: KnownCaller, key: string): string {
  const digest = createHash("sha256").update(JSON.stringify([id, key]));
  return `${prefix}_${digest.digest("hex").slice(0, 32)}`;
}
