/** Rows of a former life go on from the step after the one they reached, in the order they came. Invariant: none keeps another waiting. */
import type { Journal } from "../store/journal.ts";
import type { Authorize } from "./authorize.ts";
import type { Route, Routed } from "./route.ts";
import { countLife } from "./set-aside.ts";

interface TakeUpParts {
  readonly journal: Journal;
  readonly authorize: Authorize;
  readonly route: Route;
  /** To DISPATCH, or first into a thread of its own. */
  readonly onward: (routed: Routed) => Promise<unknown>;
  readonly log: { error(facts: Record<string, unknown>, text: string): void };
}

export async function takeUp({ journal, authorize, route, onward, log }: TakeUpParts): Promise<void> {
  for (const row of await journal.store.find("inbox", { where: { status: { in: ["recorded", "routed"] } }, limit: Infinity })) {
    try {
      const person = row.personId === null ? undefined : await journal.store.get("people", row.personId);
      const authorized = await authorize({ row, person, again: true });
      if (authorized.allowed) await onward(await route(row, authorized.person));
    } catch (thrown) {
      log.error({ trace: row.trace, err: thrown }, "a message of a former life could not be taken up");
      await countLife(journal, row);
    }
  }
}
