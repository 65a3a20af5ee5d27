/** Tokens spent go into hourly buckets, per agent and model; a budget is kept, and said in the thread where it runs short. The hub never enforces. */
import { type Handler, say } from "../src/contract/handler.ts";
import { insert, update } from "../src/contract/store.ts";
import { hourOf, usageId } from "../src/usage/buckets.ts";
import { budgetId, nextBudget } from "../src/usage/budget.ts";
import { showBudget, warningWords } from "../src/usage/budget-words.ts";

export const usage: Handler = {
  name: "usage",
  orchestrator: {
    async usage({ event: { agent, model, input, output, cacheRead, cacheWrite } }, view) {
      const hour = hourOf(view.now);
      const spent = { input, output, cacheRead, cacheWrite };
      const empty = { hour, agent, model, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
      return { writes: [{ op: "add", table: "usage", id: usageId(hour, agent, model), fields: { ...empty, ...spent }, add: spent }] };
    },
    async budget({ session: { orchestrator, address }, turn, trace, event }, view) {
      const id = budgetId(orchestrator, event.window);
      const known = await view.store.get("budgets", id);
      const { fields, warning } = nextBudget(known, orchestrator, { report: event, now: view.now });
      const kept = known ? update("budgets", known, fields) : insert("budgets", id, fields);
      if (warning === undefined) return { writes: [kept] };
      const text = warningWords(warning, showBudget(fields, view.settings.aliasOf(orchestrator), view.now));
      const card = { type: "notice", level: "warning", text } as const;
      return { writes: [kept, say({ address: turn?.address ?? address, trace, text, urgency: "notice", card }).write] };
    },
  },
};
