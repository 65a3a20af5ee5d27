/** The account the chat of this terminal belongs to. */
import type { Config } from "../config.ts";

const LOCAL_KINDS = ["console", "tmux"];

export function localAccount({ accounts }: Pick<Config, "accounts">): string {
  return accounts.find(({ kind }) => LOCAL_KINDS.includes(kind))?.account ?? "console";
}
