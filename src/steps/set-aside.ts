/**
 * A message whose handling always fails, or ends the process, must not be tried for ever: each life that takes it up again is counted before
 * it is tried, and after so many it is set aside, listed by `mos-hub inbox list`, and its sender is told. Invariant: told in the same commit.
 */
import { HubError } from "../contract/errors.ts";
import { say } from "../contract/handler.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";

/** Lives of the hub that try a message: the one it came in, and those after it. */
export const MOST_LIVES = 3;

/** Counts that a life of the hub takes the row up again; false when it has been tried in enough of them, and is set aside. */
export async function countLife(journal: Journal, { id, account }: Row<"inbox">): Promise<boolean> {
  let isTried = true;
  await journal.settle({ actorId: "hub", scope: `account/${account}` }, async () => {
    const row = await journal.store.get("inbox", id);
    const lives = (row?.lives ?? 1) + 1;
    isTried = lives <= MOST_LIVES;
    if (!row || row.status === "dead") return { writes: [] };
    return { writes: isTried ? [update("inbox", row, { lives })] : setAside(row) };
  });
  return isTried;
}

function setAside(row: Row<"inbox">): Write[] {
  const { trace, address } = row;
  const { message, remedy } = new HubError("set_aside", { lives: MOST_LIVES, trace });
  const text = `${message} ${remedy}`;
  const card = { type: "notice", level: "error", text } as const;
  return [update("inbox", row, { status: "dead" }), say({ address, trace, text, urgency: "notice", card }).write];
}
