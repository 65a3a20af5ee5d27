/** How soon a program that asked holds the grant after a person has pressed: over a platform's webhook, the long-poll and the grant's own call. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runFile } from "../../src/cli/hub-client.ts";
import { createClient } from "../../src/client.ts";
import { beginLife } from "../chaos/mortal-life.ts";
import { createWorld } from "../chaos/world.ts";

const ROUNDS = 30;
/** The first ones load what is only loaded when it is needed. */
const WARM_UP = 3;
const LONG_POLL_MS = 30_000;

export interface DecisionTimes {
  readonly medianMs: number;
  readonly worstMs: number;
}

export async function measureDecision(): Promise<DecisionTimes> {
  const kinds = { hook: "tests/support/wire/hook/connector.ts", line: "tests/support/wire/line/connector.ts" };
  const world = await createWorld({ kinds });
  const life = beginLife(world.dataDir, world.env);
  try {
    const url = await life.ready();
    world.hook.hookUrl = `${url}/connectors/hook/events`;
    const where = async () => runFile.parse(JSON.parse(await readFile(join(world.dataDir, "run.json"), "utf8")));
    const { approvals } = createClient({ where });
    const times: number[] = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      const ask = { title: `Release ${round}`, action: { command: "release", round }, tool: "execute", account: "hook" } as const;
      const { code, id } = await approvals.ask(ask);
      const granted = approvals.get(code, { waitMs: LONG_POLL_MS }).then(() => approvals.grant(code));
      const press = world.hook.say("", { from: "ann", press: { subject: `approval:${id}`, choice: "approve" } });
      const pressed = performance.now();
      await world.hook.insist(press, 50);
      await granted;
      times.push(performance.now() - pressed);
    }
    const sorted = times.slice(WARM_UP).sort((a, b) => a - b);
    return { medianMs: sorted[Math.floor(ROUNDS / 2)] ?? 0, worstMs: sorted.at(-1) ?? 0 };
  } finally {
    life.signal("SIGTERM");
    await life.died;
    await world.end();
  }
}
