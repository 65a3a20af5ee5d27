/** The account's block for the fleet's terminal, or a whole roster that has none. */
import { z } from "zod";
import { parseAccountBlock } from "../shared/account-block.ts";

/** As tmux takes them: no path, and nothing that parts a target. */
const word = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$/, "must be letters, digits, _ and -");

export const tmuxAccount = z.strictObject({
  kind: z.literal("tmux").optional(),
  socket: z
    .string()
    .regex(/^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,99})?$/, "must be a socket's name, without a path")
    .default("")
    .describe("the socket the chat's window is opened on, as in tmux -L; empty for tmux's own default."),
  session: word.default("mos-hub").describe("the session the window is opened as. Default: mos-hub."),
  keep_entries: z
    .number()
    .int()
    .min(100)
    .max(10_000_000)
    .default(20_000)
    .describe("how many entries of the message log are kept; older ones are deleted as new ones come."),
});
export type TmuxAccount = z.infer<typeof tmuxAccount>;

const socket = z.string().nullish();
const roster = z.looseObject({ agents: z.array(z.unknown()), tmux: z.looseObject({ socket_name: socket, socketName: socket }).nullish() });

/** Throws HubError `config_invalid` with every problem. */
export function parseConfig(config: unknown): TmuxAccount {
  const whole = roster.safeParse(config);
  if (!whole.success || "connector" in whole.data || "kind" in whole.data) return parseAccountBlock(tmuxAccount, config);
  return parseAccountBlock(tmuxAccount, { socket: whole.data.tmux?.socket_name ?? whole.data.tmux?.socketName ?? "" });
}
