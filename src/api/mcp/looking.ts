/**
 * What an agent may see of conversations: of a session's own agent those of its orchestrator, of a token with `read` all. Names, places and
 * states; never what was said.
 */
import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { latestOverviews, type Overview, overviewOf } from "../../conversations/overview.ts";
import { findConversation } from "../../conversations/places.ts";
import { HubError } from "../../contract/errors.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { StoreReader } from "../../contract/store.ts";
import type { Row } from "../../contract/tables.ts";
import { replayOf, traceOf } from "../../trace.ts";
import { answer } from "./answer.ts";

export interface LookingParts {
  readonly store: StoreReader;
  readonly aliasOf: (orchestrator: string) => string;
  readonly accounts: readonly string[];
  /** The session whose agent looks. Absent: it may see all of them. */
  readonly own?: SessionKey | undefined;
}

const conversation = z
  .string()
  .regex(/^(?:chat-)?[0-9a-f]{8}$/)
  .describe("A conversation's name as list_threads gives it, chat-1a2b3c4d.");

export function addLookingTools(server: McpServer, { store, aliasOf, accounts, own }: LookingParts): void {
  server.registerTool(
    "list_threads",
    {
      description: "The open conversations: their names, titles, places in chat, and what goes on in them. The latest first.",
      inputSchema: z.object({ limit: z.number().int().min(1).max(100).default(20) }),
    },
    async ({ limit }) => {
      const mine = own && (await store.get("sessions", own));
      const latest = await latestOverviews({ orchestrator: mine?.orchestrator, limit }, { store, aliasOf });
      return answer({ threads: latest.map(({ row, overview }) => shown(row, overview)) });
    },
  );

  server.registerTool(
    "where_is",
    {
      description: own
        ? "Where a conversation lives in chat; without a name this one. With `message` also how a message of this conversation went, hop by hop."
        : "Where a conversation lives in chat. With `message` how a message went, hop by hop, from the journal to the platform's receipt.",
      inputSchema: z.object({
        conversation: conversation.optional(),
        message: z.string().min(1).max(300).optional().describe("A trace, or the platform's or the hub's id of a message."),
      }),
    },
    async ({ conversation: name, message }) => {
      const row = name === undefined ? own && (await store.get("sessions", own)) : await named(name);
      const found = row && { conversation: shown(row, await overviewOf(row, { store, aliasOf })) };
      return answer({ ...found, ...(message === undefined ? {} : await trace(message)) });
    },
  );

  async function named(name: string): Promise<Row<"sessions">> {
    const mine = own && (await store.get("sessions", own));
    const row = await findConversation(store, name);
    if (!row || (mine && mine.orchestrator !== row.orchestrator)) throw new HubError("not_found", { what: "conversation", id: name });
    return row;
  }

  function shown({ id }: Row<"sessions">, overview: Overview): Record<string, unknown> {
    const { name, title, orchestrator, places, isWorking, waiting, toDecide } = overview;
    return {
      conversation: name,
      title,
      orchestrator,
      places,
      is_working: isWorking,
      waiting,
      to_decide: toDecide,
      ...(id === own ? { is_this_one: true } : {}),
    };
  }

  async function trace(id: string): Promise<Record<string, unknown>> {
    const replay = await replayOf(store, id, accounts);
    const isOwn = own === undefined || replay?.turns.some(({ sessionKey }) => sessionKey === own);
    if (!replay || !isOwn) throw new HubError("not_found", { what: "message", id });
    return { ...traceOf(replay) };
  }
}
