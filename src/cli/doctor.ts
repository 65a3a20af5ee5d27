/** `mos-hub doctor`: looks at everything the hub needs, without starting it. Exit code 1 when something has to be mended. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Keyv } from "keyv";
import { KIND_DEFAULTS } from "../../connectors/index.ts";
import { placesNamed } from "../accounts/places.ts";
import { createBlobs } from "../blobs/blobs.ts";
import { canaryProblem } from "../canary.ts";
import { foregroundClock } from "../clock.ts";
import { type Config, secretsOf } from "../config.ts";
import type { OrchestratorConfig } from "../config/orchestrators.ts";
import { type Problem, whatIsWrong } from "../config/problems.ts";
import type { CheckResult } from "../contract/connector.ts";
import { asHubError } from "../contract/errors.ts";
import { lasting } from "../contract/counted.ts";
import { createDriver } from "../orchestrators/registry.ts";
import { createRegistry } from "../registry.ts";
import { lookAtStore } from "../store/open.ts";
import { checkCarriers } from "./check-carriers.ts";
import type { AddCommand } from "./command.ts";
import type { Known } from "./known-parts.ts";

export const addDoctor: AddCommand = (program, act) => {
  program
    .command("doctor")
    .description("look at everything the hub needs, and say what to mend")
    .action(
      act(async (context) => {
        const { config, known } = await context.wholeConfig();
        const checks = [
          { name: "configuration", ok: true, detail: config.file ?? "no file; defaults and environment" },
          ...config.warnings.map(warning),
          await checkFolder(config),
          await checkStore(config),
          ...(await checkConnectors(config, known)),
          ...checkCanary(config, known),
          ...(await checkOrchestrators(config)),
          ...(await checkCarriers(config)),
        ];
        const ok = checks.every((check) => check.ok);
        context.print({ type: "doctor", ok, checks }, () => checks.map(line).join("\n"));
        return ok ? 0 : 1;
      }),
    );
};

const warning = (problem: Problem): CheckResult => ({
  name: "configuration",
  ok: true,
  isWarning: true,
  detail: whatIsWrong(problem),
  remedy: problem.remedy,
});

async function checkFolder({ dataDir }: Config): Promise<CheckResult> {
  const name = "data folder";
  const found = await stat(dataDir).catch(() => undefined);
  if (!found) return { name, ok: true, detail: `${dataDir} is made at the first start` };
  // Windows has no such bits; there the folder's own permissions are the user's business.
  const isPrivate = process.platform === "win32" || (found.mode & 0o077) === 0;
  const remedy = `chmod 700 ${dataDir}`;
  return isPrivate ? { name, ok: true, detail: dataDir } : { name, ok: false, detail: `${dataDir} can be read by others`, remedy };
}

async function checkStore({ databaseUrl: url, dataDir }: Config): Promise<CheckResult> {
  const name = "store";
  return lookAtStore({ url, dataDir }).then(
    (detail) => ({ name, ok: true, detail }),
    (thrown: unknown) => ({ name, ok: false, detail: asHubError(thrown).message, remedy: asHubError(thrown).remedy }),
  );
}

async function checkConnectors(config: Config, { connectors }: Known): Promise<CheckResult[]> {
  const kinds = [...connectors, ...config.outside];
  const results = config.accounts.map(async (login) => {
    const { account, kind, config: block } = login;
    const check = kinds.find((definition) => definition.kind === kind)?.check;
    const found = (await check?.(block, secretsOf(login, config), placesNamed(config, account))) ?? [
      { name: kind, ok: true, detail: "nothing to check" },
    ];
    return found.map((result) => ({ ...result, name: `${account}: ${result.name}` }));
  });
  return (await Promise.all(results)).flat();
}

/** Makes the connector and connects nothing. */
function checkCanary({ canary, accounts, outside }: Config, { connectors }: Known): CheckResult[] {
  if (!canary) return [];
  const name = "canary";
  const login = accounts.find(({ account }) => account === canary.account);
  const found = [...connectors, ...outside].findLast(({ kind }) => kind === login?.kind);
  const registry = createRegistry({ known: [], ...KIND_DEFAULTS });
  if (found) registry.registerConnector(found.kind, found.factory);
  try {
    const wrong = canaryProblem(canary, found && registry.createConnector(login?.config));
    const detail = `${canary.account}, every ${lasting(canary.everyMs)}`;
    return [wrong === undefined ? { name, ok: true, detail } : { name, ok: false, detail: wrong, remedy: "Change canary in hub.yaml." }];
  } catch (thrown) {
    // What is wrong with the account itself has been said under its own name.
    return [{ name, ok: false, detail: asHubError(thrown).message, remedy: asHubError(thrown).remedy }];
  }
}

async function checkOrchestrators(config: Config): Promise<CheckResult[]> {
  return (await Promise.all(config.orchestrators.map((one) => checkOrchestrator(one, config)))).flat();
}

async function checkOrchestrator({ alias, driver: name, options }: OrchestratorConfig, config: Config): Promise<CheckResult[]> {
  const silent = (): void => {};
  const log = { info: silent, warn: silent, error: silent };
  const { dataDir, limits } = config;
  const files = createBlobs({ dir: join(dataDir, "files"), maxBytes: limits.fileBytes });
  const context = { alias, state: new Keyv(), dataDir, now: foregroundClock.now, log, files, mcp: () => undefined };
  try {
    const driver = await createDriver({ driver: name, ...options }, context, {
      clock: foregroundClock,
      baseEnv: config.baseEnv,
      withheld: config.withheld,
      secretOf: (variable) => config.variables[variable],
    });
    const found = (await driver.check?.()) ?? [];
    await driver.close();
    return found.map((result) => ({ ...result, name: `${alias}: ${result.name}` }));
  } catch (thrown) {
    const error = asHubError(thrown);
    return [{ name: alias, ok: false, detail: error.message, remedy: error.remedy }];
  }
}

function line({ name, ok, isWarning = false, detail, remedy }: CheckResult): string {
  const sign = !ok ? "✗" : isWarning ? "!" : "✓";
  return `${sign} ${name}: ${detail}${remedy && sign !== "✓" ? `\n    ${remedy}` : ""}`;
}
