/** Spending faster than a budget lasts is asked for like any gated action. Nothing of the hub's own depends on the answer: it never enforces. */
import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { SessionKey } from "../../contract/ids.ts";
import type { ApprovalAsk } from "../../contract/orchestrator.ts";
import type { StoreReader } from "../../contract/store.ts";
import { budgetId, projectedShare } from "../../usage/budget.ts";
import { percent } from "../../usage/budget-words.ts";
import { answer, waitMs } from "./answer.ts";

/** What rules and the table of classes call it. */
const TOOL = "spend_faster";

export interface SpendFasterParts {
  readonly store: StoreReader;
  readonly now: () => number;
  readonly session: SessionKey;
  /** Asks people, and answers what they decided. */
  readonly ask: (ask: ApprovalAsk, waitMs: number) => Promise<Record<string, unknown>>;
}

export function addSpendFaster(server: McpServer, { store, now, session, ask }: SpendFasterParts): void {
  server.registerTool(
    TOOL,
    {
      description:
        "Asks people whether you may spend a budget faster than it lasts. While state is pending, ask again with get_decision; keep to the pace until it is approved.",
      inputSchema: z.object({
        window: z.string().min(1).max(100).describe("The budget, as it is reported: 5h, week."),
        up_to: z.number().min(0).max(10).optional().describe("How much of it you want to use at most; 1 is all of it."),
        reason: z.string().min(1).max(2000),
        wait_ms: waitMs,
      }),
    },
    async ({ window, up_to, reason, wait_ms }) => {
      // Only what does not change while people think: the same wish again joins the first.
      const action = { spend_faster: window, ...(up_to === undefined ? {} : { up_to }) };
      return answer(await ask({ title: await titleOf(window), action, tool: TOOL, reason }, wait_ms));
    },
  );

  async function titleOf(window: string): Promise<string> {
    const owner = await store.get("sessions", session);
    const budget = owner && (await store.get("budgets", budgetId(owner.orchestrator, window)));
    const projected = budget && projectedShare(budget, now());
    const facts = [budget && `${percent(budget.usedShare)} used`, projected !== undefined && `${percent(projected)} projected`];
    const known = facts.filter((fact) => typeof fact === "string");
    return `Spend the ${window} budget faster than it lasts${known.length === 0 ? "" : ` (${known.join(", ")})`}`;
  }
}
