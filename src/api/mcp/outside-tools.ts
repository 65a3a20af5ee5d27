/**
 * What an agent that is no session of the hub may do with a token of its own: only the tools its scopes allow are there, and none decides.
 * It speaks in the hub's name, where it says; its approvals are used up by their grant.
 */
import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { findConversation, bindingsOf } from "../../conversations/places.ts";
import { HubError, known } from "../../contract/errors.ts";
import { type Address, newId } from "../../contract/ids.ts";
import { deployNews } from "../../contract/orchestrator.ts";
import type { Row, Scope } from "../../contract/tables.ts";
import type { KnownCaller } from "../callers.ts";
import type { ApiParts } from "../parts.ts";
import { addressFor, askPeople, deliveryOf, postMessage } from "../posting.ts";
import { newApproval } from "../approval-shapes.ts";
import { messageToSend } from "../shapes.ts";
import { waitFor } from "../wait.ts";
import { answer, decisionWords, waitMs } from "./answer.ts";

const once = z
  .string()
  .min(1)
  .max(128)
  .optional()
  .describe("The same under the same key is the same thing, however often it is sent; something else is refused.");

export function addOutsideTools(server: McpServer, caller: KnownCaller, parts: ApiParts): void {
  const { hub, journal, clock, grants, connectors, settings } = parts;
  const adding: Partial<Record<Scope, () => void>> = { chat: addTalking, ask: addAsking, deploys: addDeploys };
  for (const scope of caller.scopes) adding[scope]?.();

  function addTalking(): void {
    server.registerTool(
      "send_message",
      {
        description: "Says something in a chat, or in a conversation by its name (in all its places).",
        inputSchema: messageToSend.extend({ conversation: z.string().max(60).optional(), idempotency_key: once }),
      },
      async ({ idempotency_key: key, ...sent }) => {
        const { text, conversation, ...target } = sent;
        const places =
          conversation === undefined ? [addressFor(target, { connectors, homes: settings.homes })] : await placesOf(conversation);
        for (const [at, address] of places.entries()) {
          const delivery = deliveryOf({ of: "message", key: key === undefined ? undefined : `${key}/${at}`, sent }, caller);
          await postMessage({ address, text, delivery }, caller, parts);
        }
        return answer({ sent: true, places });
      },
    );
  }

  async function placesOf(conversation: string): Promise<Address[]> {
    const session = known(await findConversation(journal.store, conversation), conversation, "conversation");
    return (await bindingsOf(journal.store, session.id)).map(({ address }) => address);
  }

  function addAsking(): void {
    server.registerTool(
      "request_approval",
      {
        description:
          "Asks people to approve exactly this action. While state is pending, ask again with get_decision. Do nothing before it is approved; then the grant is for whoever carries it out.",
        inputSchema: newApproval.extend({ wait_ms: waitMs, idempotency_key: once }),
      },
      async ({ wait_ms, idempotency_key: key, account, chat, thread, ...ask }) => {
        const row = await askPeople({ ask, target: { account, chat, thread }, key }, caller, parts);
        return answer(await decision(row.id, wait_ms));
      },
    );

    server.registerTool(
      "get_decision",
      {
        description: "The state of an approval you asked for; waits up to wait_ms for people. With its grant once it is approved.",
        inputSchema: z.object({ approval_id: z.string().min(1), wait_ms: waitMs }),
      },
      async ({ approval_id, wait_ms }) => answer(await decision(approval_id, wait_ms)),
    );
  }

  async function decision(id: string, ms: number): Promise<Record<string, unknown>> {
    const check = async (): Promise<Row<"approvals"> | undefined> => {
      const row = await journal.store.get("approvals", id);
      return row?.requesterId === caller.personId && row.orchestrator === caller.name && row.sessionKey === null ? row : undefined;
    };
    const row = await waitFor({ journal, clock, table: "approvals", ms, check, isEnough: (found) => found?.state !== "pending" });
    if (!row) throw new HubError("not_found", { what: "approval", id });
    return { ...decisionWords(row), ...(row.state === "approved" ? { grant: await grants.sign(row) } : {}) };
  }

  function addDeploys(): void {
    server.registerTool(
      "announce_deploy",
      {
        description:
          "Reports the state of a deploy. Report each state as it is reached; the same deploy_id is the same card. The answer says what the deploy counts as now: a report that comes too late changes nothing.",
        inputSchema: deployNews,
      },
      async (report) => {
        const outcome = await hub.announce({ report, trace: newId("trc") }, caller.personId);
        return answer({ ...outcome, deploy_id: report.deploy_id ?? outcome.id });
      },
    );
  }
}
