/**
 * `npm run build [-- FOLDER]`: the package as it is published, in `dist/` or the folder named. In a clone Node runs the TypeScript itself; below `node_modules` it does not, so
 * there every module is JavaScript with its types beside it. Everything else the package lists is copied as it is.
 */
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const DIST = resolve(process.argv[2] ?? join(ROOT, "dist"));
const ALWAYS_PACKED = ["README.md", "CHANGELOG.md", "LICENSE"];

interface Manifest {
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

rmSync(DIST, { recursive: true, force: true });
execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", import.meta.dirname, "--outDir", DIST], { stdio: "inherit" });
const {
  scripts: _scripts,
  devDependencies: _tools,
  private: _clone,
  files,
  exports,
  ...manifest
} = JSON.parse(read("package.json")) as Manifest;
for (const path of [...files, ...ALWAYS_PACKED]) cpSync(join(ROOT, path), join(DIST, path), { recursive: true, filter: isNoTypeScript });
for (const path of readdirSync(DIST, { recursive: true, encoding: "utf8" })) if (/\.(m?js|d\.ts)$/.test(path)) nameJavaScript(path);
const published = { ...manifest, files, exports: Object.fromEntries(Object.entries(exports).map(publishedEntry)) };
writeFileSync(join(DIST, "package.json"), `${JSON.stringify(published, null, 2)}\n`);

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function isNoTypeScript(path: string): boolean {
  return !path.endsWith(".ts") && !path.endsWith("tsconfig.json");
}

/** The compiler renames what is imported; not files named in a URL, in plain modules and in declarations. */
function nameJavaScript(path: string): void {
  const file = join(DIST, path);
  const text = readFileSync(file, "utf8");
  const named = text.replaceAll(/"(\.{1,2}\/[^"\n]+)\.ts"/g, '"$1.js"');
  if (named !== text) writeFileSync(file, named);
}

function publishedEntry([name, path]: [string, string]): [string, unknown] {
  if (!path.endsWith(".ts")) return [name, path];
  return [name, { types: path.replace(/\.ts$/, ".d.ts"), default: path.replace(/\.ts$/, ".js") }];
}
