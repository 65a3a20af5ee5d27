/**
 * What people said, for programs that follow along: each message is delivered until it is acknowledged, in the order of the journal, also
 * after a restart of either side. Only what was said by people who may speak, once the hub has routed it.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { known } from "../../contract/errors.ts";
import type { Row } from "../../contract/tables.ts";
import type { KnownCaller } from "../callers.ts";
import { streamOf } from "../event-streams.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route, streamRoute } from "../route.ts";
import { inboxAck, inboxMessage, inboxQuery, setAsideList } from "../shapes.ts";
import { watch } from "../wait.ts";

/** A consumer that acknowledges nothing gets so many messages and no more. */
const MOST_UNACKNOWLEDGED = 100;
/** Silence is told from a dead connection by a comment this often. */
const HEARTBEAT_MS = 15_000;

const acknowledged = z.object({ up_to: z.number().int() });

export function inboxRoutes({ journal, clock, stateOf }: ApiParts): Route[] {
  const places = stateOf("api/inbox");
  const { store } = journal;
  const placeOf = async (key: string): Promise<number> => z.number().parse((await places.get(key)) ?? 0);

  async function* deliver(key: string): AsyncGenerator<string> {
    const changes = watch({ journal, clock }, ["inbox", "kv"]);
    let given = await placeOf(key);
    let unacknowledged: number[] = [];
    try {
      for (;;) {
        const upTo = await placeOf(key);
        unacknowledged = unacknowledged.filter((seq) => seq > upTo);
        const rows = await store.find("inbox", { afterSeq: given, limit: MOST_UNACKNOWLEDGED - unacknowledged.length });
        // One that is not routed yet holds up those after it: the order is the journal's.
        const end = rows.findIndex(({ status }) => status === "recorded");
        for (const row of end === -1 ? rows : rows.slice(0, end)) {
          given = row.seq;
          const frame = await frameOf(row);
          if (frame === undefined) continue;
          unacknowledged.push(row.seq);
          yield frame;
        }
        if ((rows.length === 0 || end === 0) && !(await changes.next(HEARTBEAT_MS))) yield ": still here\n\n";
      }
    } finally {
      changes.end();
    }
  }

  async function frameOf(row: Row<"inbox">): Promise<string | undefined> {
    if (row.status === "refused" || row.event?.type !== "message" || row.personId === null) return undefined;
    const { account, workspace, chat, thread } = row.address;
    const person = await store.get("people", row.personId);
    const { text, ts } = row.event;
    const message = inboxMessage.parse({
      seq: row.seq,
      trace: row.trace,
      account,
      workspace,
      chat,
      thread,
      sender: row.sender,
      person: { id: row.personId, name: person?.name ?? "" },
      text,
      ts,
    });
    return `id: ${row.seq}\nevent: message\ndata: ${JSON.stringify(message)}\n\n`;
  }

  return [
    streamRoute({
      method: "get",
      path: "/v1/inbox",
      summary: "What people say, from the last acknowledged message on, as server-sent events",
      scope: "chat",
      query: inboxQuery,
      event: inboxMessage,
      stream: async ({ query: { consumer }, caller }) => streamOf(deliver(placeKey(caller, consumer)), "the inbox"),
    }),
    route({
      method: "get",
      path: "/v1/inbox/set-aside",
      summary: "Messages that could not be handled in several lives of the hub, the latest first",
      scope: "admin",
      answer: setAsideList,
      handle: async () => {
        const rows = await store.find("inbox", { where: { status: "dead" }, newestFirst: true });
        return {
          messages: rows.map(({ address, event, ...row }) => ({
            ...row,
            chat: address.chat,
            text: event?.type === "message" ? event.text : "",
          })),
        };
      },
    }),
    route({
      method: "post",
      path: "/v1/inbox/ack",
      summary: "Everything up to a message was taken",
      scope: "chat",
      body: inboxAck,
      answer: acknowledged,
      handle: async ({ body: { consumer, up_to: upTo }, caller }) => {
        const key = placeKey(caller, consumer);
        const [last] = await store.find("inbox", { newestFirst: true, limit: 1 });
        known(last && last.seq >= upTo ? last : undefined, String(upTo), "message");
        const place = Math.max(upTo, await placeOf(key));
        await places.set(key, place);
        return { up_to: place };
      },
    }),
  ];
}

/** By person, so that a new token goes on where the old one stopped. */
function placeKey({ personId }: KnownCaller, consumer: string): string {
  return createHash("sha256")
    .update(JSON.stringify([personId, consumer]))
    .digest("hex");
}
