/**
 * How an agent raises an approval, a question, a canvas or a deploy of its own. The caller is known by its session's token, so a card appears in
 * that session's thread and nowhere else. Nothing here can decide.
 */
import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { digestOf } from "../../approvals/digest.ts";
import type { Grants } from "../../approvals/grants.ts";
import { toldWork } from "../../approvals/record.ts";
import type { Clock } from "../../clock.ts";
import { canvasShare } from "../../contract/canvas.ts";
import { HubError } from "../../contract/errors.ts";
import { newId, type SessionKey } from "../../contract/ids.ts";
import { type ApprovalAsk, approvalAsk, deployNews, type OrchestratorEvent, questionAsk } from "../../contract/orchestrator.ts";
import type { Row } from "../../contract/tables.ts";
import { findDeploy, placed } from "../../deploys/find.ts";
import { countsAs } from "../../deploys/state.ts";
import { MCP_EPOCH } from "../../effects.ts";
import type { Hub } from "../../hub.ts";
import type { Journal } from "../../store/journal.ts";
import { waitFor } from "../wait.ts";
import { answer, decisionWords, waitMs } from "./answer.ts";
import { addSpendFaster } from "./spend-faster.ts";

export interface SessionToolsParts {
  readonly hub: Pick<Hub, "report" | "currentTurn">;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly grants: Pick<Grants, "sign">;
}

const forExecutor = z
  .boolean()
  .default(false)
  .describe("Somebody else carries the action out: the answer then has a grant to hand on, which is used up there, once.");

/** `session`: whose agent calls. */
export function addSessionTools(server: McpServer, session: SessionKey, parts: SessionToolsParts): void {
  const { hub, journal, clock, grants } = parts;
  const raise = (event: OrchestratorEvent): Promise<void> => hub.report({ session, event });
  const handle = () => ({ requestId: hub.currentTurn(session) ?? "none", epoch: MCP_EPOCH });
  addAsking();
  addShowing();

  /** What waits for people. */
  function addAsking(): void {
    server.registerTool(
      "request_approval",
      {
        description:
          "Asks people to approve exactly this action. Returns at once or after wait_ms; while state is pending, ask again with get_decision. Do nothing before it is approved.",
        inputSchema: approvalAsk.extend({ wait_ms: waitMs, for_executor: forExecutor }),
      },
      async ({ wait_ms, for_executor, ...ask }) => answer(await approval(ask, wait_ms, for_executor ? "grant" : "telling")),
    );
    addSpendFaster(server, { store: journal.store, now: clock.now, session, ask: (ask, ms) => approval(ask, ms, "telling") });

    server.registerTool(
      "ask_question",
      {
        description: "Asks the people of this conversation. While state is pending, ask again with get_decision.",
        inputSchema: questionAsk.extend({ wait_ms: waitMs }),
      },
      async ({ wait_ms, ...ask }) => {
        const askId = newId("apr");
        await raise({ type: "question", ask, handle: handle(), askId });
        return answer(await decision(askId, wait_ms));
      },
    );

    server.registerTool(
      "get_decision",
      {
        description: "The state of an approval or question of this conversation; waits up to wait_ms for people.",
        inputSchema: z.object({ approval_id: z.string().min(1), wait_ms: waitMs }),
      },
      async ({ approval_id, wait_ms }) => answer(await decision(approval_id, wait_ms)),
    );
  }

  /** What is only shown. */
  function addShowing(): void {
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
        description:
          "Reports the state of a deploy. Report each state as it is reached; the same deploy_id is the same card. The answer says what the deploy counts as now: a report that comes too late changes nothing.",
        inputSchema: deployNews,
      },
      async (report) => {
        await raise({ type: "deploy", report });
        const row = await findDeploy({ ...placed(report), state: undefined }, journal.store);
        return answer({ deploy_id: report.deploy_id ?? row?.id, id: row?.id, state: row && countsAs(row) });
      },
    );

    server.registerTool(
      "share_canvas",
      {
        description:
          "Shows a page, form or table: a link of yours (url), or content that the hub keeps and serves. With canvas_id the next version of one. What people send back from a form comes to you as a message; approvals below it are told where you asked for them.",
        inputSchema: canvasShare,
      },
      async (share) => {
        const canvasId = share.canvas_id ?? newId("cnv");
        await raise({ type: "canvas", share, canvasId });
        return answer({ canvas_id: canvasId });
      },
    );
  }

  async function approval(ask: ApprovalAsk, ms: number, usedBy: "grant" | "telling"): Promise<Record<string, unknown>> {
    await raise({ type: "approval_request", ask, handle: handle(), usedBy });
    const where = { digest: digestOf(ask.action), sessionKey: session };
    const [row] = await journal.store.find("approvals", { where, newestFirst: true, limit: 1 });
    return decision(row?.id ?? "", ms);
  }

  /** What the asker is told. An approval it is told about is used up by that: it is granted once. */
  async function decision(id: string, ms: number): Promise<Record<string, unknown>> {
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
