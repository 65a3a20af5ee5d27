/** What `doctor` finds out about a fleet: tmux is there, the session is there, and whether the agent could read the hub's files. */
import type { CheckResult } from "../../contract/connector.ts";
import { askHealth, type HealthSetup } from "./health.ts";

export async function checkFleet(setup: HealthSetup): Promise<readonly CheckResult[]> {
  const { config, pane } = setup;
  const looked = await pane.look();
  const where = `${config.socket === "" ? "tmux's default socket" : `socket ${config.socket}`}${config.ssh === undefined ? "" : ` on ${config.ssh}`}`;
  if (!looked.ok || looked.view.isDead) {
    const detail = looked.ok
      ? `the program in session ${config.session} has ended`
      : `no session ${config.session} on ${where}: ${looked.detail}`;
    const remedy = `See what there is with: tmux${config.socket === "" ? "" : ` -L ${config.socket}`} list-sessions`;
    return [{ name: "agent", ok: false, detail, remedy }];
  }
  const { answered, detail, facts } = await askHealth(setup);
  const found = `session ${config.session} on ${where}`;
  const agent: CheckResult = answered
    ? { name: "agent", ok: true, detail: `${found}, and it gives signs of itself` }
    : {
        name: "agent",
        ok: true,
        isWarning: true,
        detail: `${found}. ${detail ?? ""}`,
        remedy: "Let the fleet write its heartbeats, or set heartbeat_dir.",
      };
  return [agent, separation(setup, facts?.["uid"])];
}

/** A fleet on the hub's own machine can be reached only by the user it runs as. */
function separation({ config }: HealthSetup, uid: unknown): CheckResult {
  const name = "agent user";
  if (config.ssh !== undefined) return { name, ok: true, detail: `the agent runs as another login (${config.ssh})` };
  return {
    name,
    ok: true,
    isWarning: true,
    detail: `the agent runs as the hub's own user (${typeof uid === "number" ? uid : "unknown"}), so it could read the hub's files and decide its own requests with what it finds there`,
    remedy: "Run the fleet as a user of its own and reach it with ssh, e.g. ssh: mos-agent@localhost. Decisions need the PIN either way.",
  };
}
