/** The environment file that holds secrets beside hub.yaml. Invariant: only its owner can read it, and no other line of it changes. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { setVariable } from "../../conduit/registration.ts";

export async function writeVariable(file: string, name: string, value: string): Promise<void> {
  const before = await readFile(file, "utf8").catch(() => "");
  await writeFile(file, setVariable(before, name, value), { mode: 0o600 });
  await chmod(file, 0o600);
}
