/**
 * A hub in small, to be killed: opens a session on a driver whose state is a file, says that it is ready, and waits.
 * Arguments: the folder, the driver's configuration as JSON, and what to say to the agent.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Keyv } from "keyv";
import { createBenches } from "./driver-bench.ts";

/** A map that is on the disk after each change. */
export function fileState(dir: string): Keyv {
  const file = join(dir, "state.json");
  const load = (): Record<string, unknown> => {
    try {
      return JSON.parse(readFileSync(file, "utf8"));
    } catch {
      return {};
    }
  };
  const change = (values: Record<string, unknown>): void => writeFileSync(file, JSON.stringify(values));
  const store = {
    get: (name: string) => load()[name],
    set: (name: string, value: unknown) => (change({ ...load(), [name]: value }), store),
    delete: (name: string) => (change(Object.fromEntries(Object.entries(load()).filter(([other]) => other !== name))), true),
    clear: () => change({}),
  };
  return new Keyv({ store });
}

if (import.meta.main) {
  const [dir = "", config = "", text = ""] = process.argv.slice(2);
  const bench = await createBenches().make(JSON.parse(config), { dir, state: fileState(dir) });
  const { agentSessionId } = await bench.open("a");
  await bench.deliver("a", text);
  await bench.until("a", "text_delta");
  console.log(JSON.stringify({ agentSessionId, pid: (await bench.driver.health()).facts?.["pid"], said: bench.text("a") }));
}
