/** The account the chat of this terminal belongs to. */
import type { Config } from "../config.ts";
import { HubError } from "../contract/errors.ts";

const LOCAL_KINDS = ["console", "tmux"];

type Accounts = Pick<Config, "accounts">;

/** Undefined where the hub has accounts, and none of them is a face on this machine. */
export function localAccount({ accounts }: Accounts): string | undefined {
  return accounts.find(({ kind }) => LOCAL_KINDS.includes(kind))?.account;
}

/** For what makes no sense without one. Throws HubError `no_console`. */
export function needLocalAccount(config: Accounts): string {
  const account = localAccount(config);
  if (account === undefined) throw new HubError("no_console");
  return account;
}
