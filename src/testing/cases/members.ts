/** What every connector is, connected or not. */
import { type ConnectorCase, platformOf } from "../case.ts";
import { claim, claimEqual, claimSoon, claimWithin, pause } from "../claims.ts";

/** The contract's own figure. */
const HEALTH_MS = 5000;

export const MEMBER_CASES: readonly ConnectorCase[] = [
  {
    name: "has the mandatory members and its own kind",
    needs: {},
    async run({ definition, rig: { connector } }) {
      claimEqual(connector.kind, definition.kind, "the connector's kind is not its definition's");
      for (const member of ["send", "subscribe", "health", "close"] as const)
        claim(typeof connector[member] === "function", `\`${member}\` is not a function`);
    },
  },
  {
    name: "says what it is and what it reads from the environment",
    needs: {},
    async run({ definition: { summary, environment } }) {
      claim(summary.endsWith("."), "the summary is no sentence");
      for (const { name, purpose } of environment) {
        claim(/^[A-Z][A-Z0-9_]*$/.test(name), `${name} is no name of an environment variable`);
        claim(purpose !== "", `${name} does not say what it is for`);
      }
    },
  },
  {
    name: "tells its health in the shape everybody reads, also when it is closed",
    needs: {},
    async run({ rig: { connector } }) {
      const { reachable, authenticated, lastSeen } = await claimWithin(HEALTH_MS, connector.health(), "`health` did not answer");
      claimEqual({ reachable, authenticated }, { reachable: true, authenticated: true }, "a connected account is not healthy");
      if (lastSeen !== undefined) claimEqual(new Date(lastSeen).toISOString(), lastSeen, "`lastSeen` is not ISO-8601");
      await connector.close();
      claimEqual((await connector.health()).reachable, false, "a closed connector calls itself reachable");
    },
  },
  {
    name: "closes twice",
    needs: {},
    async run({ rig: { connector } }) {
      await connector.close();
      await connector.close();
    },
  },
  {
    name: "is healthy in a quiet chat, and not on a silent connection",
    needs: { platform: true },
    async run({ rig }) {
      const platform = platformOf(rig);
      const isReachable = async (): Promise<boolean> =>
        (await claimWithin(HEALTH_MS, rig.connector.health(), "`health` did not answer")).reachable;
      await pause(platform.silenceToldMs);
      claim(await isReachable(), "a quiet chat is called unreachable");
      platform.silence(true);
      await claimSoon(platform.silenceToldMs, async () => !(await isReachable()), "a connection that is silent is called healthy");
      platform.silence(false);
      await claimSoon(HEALTH_MS, isReachable, "it is still called unreachable although the platform answers again");
    },
  },
  {
    name: "says that its token is not valid",
    needs: { platform: true },
    async run({ rig }) {
      platformOf(rig).next({ type: "unauthorized" });
      const result = await rig.connector.send({ text: "who am I?" });
      claimEqual([result.delivered, result.outcome], [false, "not_sent"], "a message of an account that is shut out is not `not_sent`");
      claim(
        result.verdict?.do === "reauth" || result.verdict?.do === "stop_account",
        `a token that is not valid needs the verdict reauth or stop_account, not ${result.verdict?.do ?? "none"}`,
      );
    },
  },
];
