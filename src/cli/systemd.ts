/** The commands of systemd, found on the shell's search path. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

/** Never rejects. `env`: what the command sees. */
export async function runQuietly(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Ran> {
  try {
    const { stdout } = await run(program, [...args], { env: { ...env } as NodeJS.ProcessEnv });
    return { ok: true, output: stdout.trim() };
  } catch (thrown) {
    const { stdout = "", stderr = "", message = "" } = thrown as { stdout?: string; stderr?: string; message?: string };
    return { ok: false, output: stdout.trim() || stderr.trim() || message };
  }
}

export function isOnPath(program: string, path: string): boolean {
  return path.split(":").some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return dir !== "";
    } catch {
      return false;
    }
  });
}
