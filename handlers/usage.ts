/** Tokens spent go into hourly buckets, per agent and model; a budget warning is a word in the thread. The hub shows, it never enforces. */
import { type Handler, say } from "../src/contract/handler.ts";
import { hourOf, usageId } from "../src/usage/buckets.ts";

export const usage: Handler = {
  name: "usage",
  orchestrator: {
    async usage({ event: { agent, model, input, output, cacheRead, cacheWrite } }, view) {
      const hour = hourOf(view.now);
      const spent = { input, output, cacheRead, cacheWrite };
      const empty = { hour, agent, model, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
      return { writes: [{ op: "add", table: "usage", id: usageId(hour, agent, model), fields: { ...empty, ...spent }, add: spent }] };
    },
    async budget({ session, turn, trace, event }, view) {
      if (event.usedShare < 0.8) return { writes: [] };
      const reset = event.resetsAt === undefined ? "" : ` It resets at ${new Date(event.resetsAt).toISOString()} (${event.confidence}).`;
      const text = `${view.settings.aliasOf(session.orchestrator)} has used ${Math.round(event.usedShare * 100)} % of its ${event.window} budget.${reset}`;
      return {
        writes: [
          say({
            address: turn?.address ?? session.address,
            trace,
            text,
            urgency: "notice",
            card: { type: "notice", level: "warning", text },
          }).write,
        ],
      };
    },
  },
};
