/**
 * What a person types to run this program where they are. The one place that knows: by its name where their shell finds it, through npx
 * in a clone or beside an installed package, else by its file.
 */
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

export interface Whereabouts {
  /** As in the variable PATH. */
  readonly searchPath: string;
  readonly cwd: string;
  /** The file that was started. */
  readonly script: string;
  /** The folder of the package. */
  readonly packageDir: string;
}

export function programName({ searchPath, cwd, script, packageDir }: Whereabouts): string {
  // npm and npx put folders of their own in front, which the person's shell does not have.
  const shells = searchPath.split(delimiter).filter((dir) => !dir.includes("node_modules") && !dir.includes("_npx"));
  if (shells.some(hasProgram)) return "mos-hub";
  const isNear = withParents(cwd).some((dir) => dir === packageDir || hasProgram(join(dir, "node_modules", ".bin")));
  return isNear ? "npx mos-hub" : `node ${script}`;
}

/** Our commands in a text, `mos-hub doctor`, as they are typed here. */
export function createTyped(name: string): (text: string) => string {
  return (text) => text.replace(/(?<![\w./-])mos-hub (?=[a-z-])/g, `${name} `);
}

function hasProgram(dir: string): boolean {
  return dir !== "" && ["mos-hub", "mos-hub.cmd"].some((file) => existsSync(join(dir, file)));
}

function withParents(dir: string): string[] {
  const parent = dirname(dir);
  return parent === dir ? [dir] : [dir, ...withParents(parent)];
}
