/** What waits to be sent and what was given up, and what an admin does about it. */
import type { StoreReader } from "../../contract/store.ts";
import type { Row } from "../../contract/tables.ts";
import { drop, resend, UNDONE } from "../../delivery/by-hand.ts";
import { latestOutbox } from "../../store/latest.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { outboxChanged, outboxId, outboxList, outboxQuery } from "../shapes.ts";

export function outboxRoutes({ journal }: ApiParts): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/outbox",
      summary: "Messages that have not left, the latest first",
      scope: "admin",
      query: outboxQuery,
      answer: outboxList,
      handle: async ({ query: { state, wasUnknown, limit } }) => {
        const rows =
          wasUnknown === "true"
            ? await onceUnknown(journal.store, state, limit)
            : await journal.store.find("outbox", { where: { state: state ?? { in: UNDONE } }, newestFirst: true, limit });
        return { outbox: rows.map((row) => ({ ...row, chat: row.address.chat, thread: row.address.thread, text: textOf(row) })) };
      },
    }),
    route({
      method: "post",
      path: "/v1/outbox/{id}/resend",
      summary: "Send a message that was given up again",
      scope: "admin",
      params: outboxId,
      answer: outboxChanged,
      handle: ({ params: { id }, caller }) => resend(journal, id, caller.personId),
    }),
    route({
      method: "post",
      path: "/v1/outbox/{id}/drop",
      summary: "Give up a message that has not left",
      scope: "admin",
      params: outboxId,
      answer: outboxChanged,
      handle: ({ params: { id }, caller }) => drop(journal, id, caller.personId),
    }),
  ];
}

async function onceUnknown(store: StoreReader, state: Row<"outbox">["state"] | undefined, limit: number): Promise<Row<"outbox">[]> {
  const found: Row<"outbox">[] = [];
  for await (const row of latestOutbox(store)) {
    if (row.times.unknown !== undefined && row.state === (state ?? row.state)) found.push(row);
    if (found.length === limit) break;
  }
  return found;
}

function textOf({ op }: Row<"outbox">): string {
  switch (op.type) {
    case "send":
      return op.message.text;
    case "react":
      return op.emoji;
    case "turn_end":
      return "(end of a turn)";
    default:
      return op satisfies never;
  }
}
