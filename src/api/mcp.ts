/**
 * The hub as an MCP server: how an agent raises an approval, a question, a canvas or a deploy of its own. The caller is known by its
 * session's token, so a card appears in that session's thread and nowhere else. Nothing here can decide.
 */
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { digestOf } from "../approvals/digest.ts";
import type { Grants } from "../approvals/grants.ts";
import { toldWork } from "../approvals/record.ts";
import type { Clock } from "../clock.ts";
import { canvasShare } from "../contract/canvas.ts";
import { HubError } from "../contract/errors.ts";
import { newId, type SessionKey } from "../contract/ids.ts";
import { approvalAsk, deployReport, type OrchestratorEvent, questionAsk } from "../contract/orchestrator.ts";
import type { Row } from "../contract/tables.ts";
import { slotOf } from "../deploys/state.ts";
import { MCP_EPOCH } from "../effects.ts";
import type { Hub } from "../hub.ts";
import type { Journal } from "../store/journal.ts";
import { waitFor } from "./wait.ts";

export interface McpParts {
  readonly hub: Pick<Hub, "report" | "currentTurn">;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly grants: Pick<Grants, "sign">;
}

type Raise = (event: OrchestratorEvent) => Promise<void>;

/** Clients often give a tool 30 to 60 s. People need longer: the answer then is a handle, and `get_decision` asks again. */
const LONGEST_WAIT_MS = 25_000;

const waitMs = z
  .number()
  .int()
  .min(0)
  .max(LONGEST_WAIT_MS)
  .default(0)
  .describe("How long to wait for people, in ms. Default 0: answer at once.");

const forExecutor = z
  .boolean()
  .default(false)
  .describe("Somebody else carries the action out: the answer then has a grant to hand on, which is used up there, once.");

export function createMcp({ hub, journal, clock, grants }: McpParts): (request: Request, session: SessionKey) => Promise<Response> {
  const handler = createMcpHandler(({ authInfo }) => serverFor(authInfo?.clientId as SessionKey));
  return (request, session) => handler.fetch(request, { authInfo: { token: "checked", clientId: session, scopes: [] } });

  function serverFor(session: SessionKey): McpServer {
    const server = new McpServer({ name: "mos-hub", version: "1.0.0" });
    const raise = (event: OrchestratorEvent): Promise<void> => hub.report({ session, event });
    addAsking(server, session, raise);
    addShowing(server, raise);
    return server;
  }

  /** What waits for people. */
  function addAsking(server: McpServer, session: SessionKey, raise: Raise): void {
    const handle = () => ({ requestId: hub.currentTurn(session) ?? "none", epoch: MCP_EPOCH });

    server.registerTool(
      "request_approval",
      {
        description:
          "Asks people to approve exactly this action. Returns at once or after wait_ms; while state is pending, ask again with get_decision. Do nothing before it is approved.",
        inputSchema: approvalAsk.extend({ wait_ms: waitMs, for_executor: forExecutor }),
      },
      async ({ wait_ms, for_executor, ...ask }) => {
        await raise({ type: "approval_request", ask, handle: handle(), usedBy: for_executor ? "grant" : "telling" });
        const [row] = await journal.store.find("approvals", {
          where: { digest: digestOf(ask.action), sessionKey: session },
          newestFirst: true,
          limit: 1,
        });
        return answer(await decision(session, row?.id ?? "", wait_ms));
      },
    );

    server.registerTool(
      "ask_question",
      {
        description: "Asks the people of this conversation. While state is pending, ask again with get_decision.",
        inputSchema: questionAsk.extend({ wait_ms: waitMs }),
      },
      async ({ wait_ms, ...ask }) => {
        const askId = newId("apr");
        await raise({ type: "question", ask, handle: handle(), askId });
        return answer(await decision(session, askId, wait_ms));
      },
    );

    server.registerTool(
      "get_decision",
      {
        description: "The state of an approval or question of this conversation; waits up to wait_ms for people.",
        inputSchema: z.object({ approval_id: z.string().min(1), wait_ms: waitMs }),
      },
      async ({ approval_id, wait_ms }) => answer(await decision(session, approval_id, wait_ms)),
    );
  }

  /** What is only shown. */
  function addShowing(server: McpServer, raise: Raise): void {
    server.registerTool(
      "send_message",
      { description: "Says something in this conversation's thread.", inputSchema: z.object({ text: z.string().min(1).max(100_000) }) },
      async ({ text }) => {
        await raise({ type: "text", text });
        return answer({ sent: true });
      },
    );

    server.registerTool(
      "announce_deploy",
      {
        description: "Reports the state of a deploy. Report each state as it is reached; the same deploy_id is the same card.",
        inputSchema: deployReport,
      },
      async (report) => {
        await raise({ type: "deploy", report });
        const [row] = await journal.store.find("deploys", {
          where: { slot: slotOf(report.app, report.environment) },
          newestFirst: true,
          limit: 1,
        });
        return answer({ deploy_id: report.deploy_id ?? row?.id });
      },
    );

    server.registerTool(
      "share_canvas",
      {
        description:
          "Shows a page, form or table: a link of yours (url), or content that the hub keeps and serves. With canvas_id the next version of one. What people send back from a form comes to you as a message.",
        inputSchema: canvasShare,
      },
      async (share) => {
        const canvasId = share.canvas_id ?? newId("cnv");
        await raise({ type: "canvas", share, canvasId });
        return answer({ canvas_id: canvasId });
      },
    );
  }

  /** What the asker is told. An approval it is told about is used up by that: it is granted once. */
  async function decision(session: SessionKey, id: string, ms: number): Promise<Record<string, unknown>> {
    const check = async (): Promise<Row<"approvals"> | undefined> => {
      const row = await journal.store.get("approvals", id);
      return row?.sessionKey === session ? row : undefined;
    };
    const row = await waitFor({ journal, clock, table: "approvals", ms, check, isEnough: (found) => found?.state !== "pending" });
    if (!row) throw new HubError("not_found", { what: "approval or question", id });
    if (row.state !== "pending" && row.waiting.length > 0) await markTold(id);
    const grant = row.usedBy === "grant" && row.state === "approved" ? await grants.sign(row) : undefined;
    return { ...decisionWords(row), ...(grant === undefined ? {} : { grant }) };
  }

  async function markTold(id: string): Promise<void> {
    await journal.settle({ actorId: "hub", scope: "hub" }, async () => {
      const row = await journal.store.get("approvals", id);
      return { writes: row && row.waiting.length > 0 ? toldWork(row, clock.now()) : [] };
    });
  }
}

function decisionWords(row: Row<"approvals">): Record<string, unknown> {
  const state = row.state === "consumed" ? "approved" : row.state;
  const common = { state, code: row.code, decided_by: row.decider ?? undefined, reason: row.decisionReason ?? undefined };
  return row.kind === "approval" ? { approval_id: row.id, ...common } : { question_id: row.id, ...common, values: row.values ?? undefined };
}

function answer(content: Record<string, unknown>) {
  return { content: [{ type: "text" as const, text: JSON.stringify(content) }], structuredContent: content };
}
